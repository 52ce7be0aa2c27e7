// Gemma4VisionPixelProjection: input_proj of the patch embedder, which is a Linear of 2 * (pixels - 0.5).
// That is a Linear of the pixels with twice the weight and a bias, the negative sum of each of its rows:
// constants stand in the file, no operator does, and codes of 8 bits are the pixels themselves. Config:
// in_features, out_features.
#pragma once

#include <vernier/wrapper.h>

class Gemma4VisionPixelProjection : public vernier::Wrapper {
 public:
  explicit Gemma4VisionPixelProjection(vernier::Module& m)
      : weight_(m.constant(
            "weight", {m.config().integer("/out_features", -1), m.config().integer("/in_features", -1)})),
        weight_site_(m.weight_site("weight", vernier::per_channel(0))),
        act_in_(m.site("act_in", vernier::per_tensor().range(0, 1))),
        act_out_(m.site("act_out")) {}

  // pixels [..., in], each in [0, 1].
  vernier::Value forward(vernier::Context& c, vernier::Value pixels) {
    namespace ops = vernier::ops;
    const vernier::Value weight = c.weight(weight_);
    const vernier::Value doubled =
        c.quantize(weight_site_, ops::mul(c, weight, c.table<float>("two", {}, {2})));
    const vernier::Value bias = ops::neg(c, ops::sum(c, weight, {1}, false));
    return c.quantize(act_out_, ops::linear(c, c.quantize(act_in_, pixels), doubled, bias));
  }

 private:
  vernier::Parameter weight_;
  vernier::Site weight_site_, act_in_, act_out_;
};
