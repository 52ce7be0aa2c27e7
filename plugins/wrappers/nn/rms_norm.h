// Root-mean-square normalisation over the last axis with a scale; config: dim, eps (default 1e-6).
#pragma once

#include <vernier/wrapper.h>

class RMSNorm : public vernier::Wrapper {
 public:
  explicit RMSNorm(vernier::Module& m)
      : eps_(m.config().number("/eps", 1e-6)),
        weight_(m.parameter("weight", {m.config().integer("/dim", -1)}, vernier::per_tensor())),
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
