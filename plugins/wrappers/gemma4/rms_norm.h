// Gemma4RMSNorm: root-mean-square normalisation with or without a scale. Without one the scale is a constant
// tensor of ones, so that the exported operator has the operand its format wants. Config: dim, eps (default
// 1e-6), with_scale (default true).
#pragma once

#include <vernier/wrapper.h>

class Gemma4RMSNorm : public vernier::Wrapper {
 public:
  explicit Gemma4RMSNorm(vernier::Module& m)
      : eps_(m.config().number("/eps", 1e-6)),
        weight_(m.config().boolean("/with_scale", true)
                    ? m.parameter("weight", {m.config().integer("/dim", -1)}, vernier::per_tensor())
                    : m.filled("weight", {m.config().integer("/dim")}, 1.0, vernier::per_tensor())),
        act_in_(m.site("act_in")),
        act_out_(m.site("act_out")) {}

  vernier::Value forward(vernier::Context& c, vernier::Value x) {
    return c.quantize(act_out_, vernier::ops::rms_norm(c, c.quantize(act_in_, x), c.weight(weight_), eps_));
  }

 private:
  double eps_;
  vernier::Parameter weight_;
  vernier::Site act_in_;
  vernier::Site act_out_;
};
