// Root-mean-square normalisation over the last axis (Zhang & Sennrich 2019, arXiv:1910.07467):
// x / sqrt(mean(x^2) + eps) * weight.
#pragma once

#include <vernier/wrapper.h>

namespace blocks {

enum class Scale {
  kLearned,  // weight is the checkpoint's
  kOnes,     // weight is a constant of ones: the exported operator has the operand that its format wants
};

// Declares weight, act_in, act_out. Reads eps (default 1e-6) and dim: with ones it must be there.
class RMSNorm {
 public:
  explicit RMSNorm(vernier::Module& m, Scale scale = Scale::kLearned)
      : eps_(m.config().number("/eps", 1e-6)),
        weight_(scale == Scale::kLearned
                    ? m.parameter("weight", {m.config().integer("/dim", -1)}, vernier::per_tensor())
                    : m.filled("weight", {m.config().integer("/dim")}, 1.0, vernier::per_tensor())),
        act_in_(m.site("act_in")),
        act_out_(m.site("act_out")) {}

  // x [..., dim] gives the same shape.
  vernier::Value operator()(vernier::Context& c, vernier::Value x) const {
    return c.quantize(act_out_, vernier::ops::rms_norm(c, c.quantize(act_in_, x), c.weight(weight_), eps_));
  }

 private:
  double eps_;
  vernier::Parameter weight_;
  vernier::Site act_in_, act_out_;
};

}  // namespace blocks
