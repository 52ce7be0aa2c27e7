// Gemma4ClippableLinear: a Linear whose input and output are clamped to bounds that the checkpoint keeps.
// What is clamped has a site, so that an activation behind it works on codes. Config: in_features,
// out_features, use_clipped_linears (default false).
#pragma once

#include <cstdio>
#include <string>

#include "blocks/projection.h"

class Gemma4ClippableLinear : public vernier::Wrapper {
 public:
  explicit Gemma4ClippableLinear(vernier::Module& m)
      : clipped_(m.config().boolean("/use_clipped_linears", false)),
        linear_(blocks::projection(m, "linear", m.config().integer("/in_features", -1),
                                   m.config().integer("/out_features", -1), false)) {
    if (!clipped_) return;
    input_ = bounds(m, "input");
    output_ = bounds(m, "output");
    act_out_ = m.site("act_out");
  }

  vernier::Value forward(vernier::Context& c, vernier::Value x) {
    if (!clipped_) return linear_(c, x);
    return c.quantize(act_out_, clip(c, linear_(c, clip(c, x, input_)), output_));
  }

 private:
  struct Bounds {
    double low = 0;
    double high = 0;
  };
  // Infinite ones bound nothing; a NaN, or two that leave no value, are damage that clamping would hide.
  static Bounds bounds(vernier::Module& m, const std::string& side) {
    const Bounds result{m.scalar(side + "_min"), m.scalar(side + "_max")};
    if (result.low <= result.high) return result;
    const auto named = [&](const char* end, double value) {
      char number[32];
      std::snprintf(number, sizeof(number), "%g", value);
      return m.path() + "." + side + end + " is " + number;
    };
    throw vernier::Error(VERNIER_DATA_LOSS, named("_min", result.low) + ", " + named("_max", result.high) +
                                                "; bounds of a clipped linear are numbers in order");
  }
  static vernier::Value clip(vernier::Context& c, vernier::Value x, Bounds bounds) {
    return vernier::ops::clamp(c, x, bounds.low, bounds.high);
  }

  bool clipped_;
  vernier::Child linear_;
  Bounds input_;
  Bounds output_;
  vernier::Site act_out_;
};
