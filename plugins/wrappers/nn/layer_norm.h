// Layer normalisation over the last axis (Ba, Kiros & Hinton 2016, arXiv:1607.06450): (x - mean) /
// sqrt(variance + eps) * weight + bias.
//
// Two forms, the config's "form":
//   "decomposed" (default): every elementary step is an op with a site, as TICO has it. Any backend can write
//   it with integers only;
//       a variance in 8 bits is coarse, and an eps below its step is lost.
//   "op": one layer_norm op between act_in and act_out. Its weight and bias stay float, so the exported file
//   normalises in float.
// Config: dim, eps (default 1e-5), bias (default true), elementwise_affine (default true), form.
#pragma once

#include <vernier/wrapper.h>

#include <memory>
#include <string>
#include <vector>

class LayerNorm : public vernier::Wrapper {
 public:
  explicit LayerNorm(vernier::Module& m) {
    const std::string form = m.config().text("/form", "decomposed");
    if (form != "decomposed" && form != "op")
      throw vernier::invalid_argument("LayerNorm: form \"" + form + "\"; use \"decomposed\" or \"op\"");
    if (form == "op") {
      op_ = std::make_unique<Op>(m);
    } else {
      steps_ = std::make_unique<Steps>(m);
    }
  }

  vernier::Value forward(vernier::Context& c, vernier::Value x) {
    return op_ ? op_->forward(c, x) : steps_->forward(c, x);
  }

 private:
  static double eps(const vernier::Module& m) { return m.config().number("/eps", 1e-5); }
  static bool has_weight(const vernier::Module& m) { return m.config().boolean("/elementwise_affine", true); }
  static bool has_bias(const vernier::Module& m) {
    return has_weight(m) && m.config().boolean("/bias", true);
  }
  static std::vector<int64_t> shape(const vernier::Module& m) { return {m.config().integer("/dim", -1)}; }

  struct Op {
    explicit Op(vernier::Module& m)
        : eps_(eps(m)),
          weight_(has_weight(m) ? m.constant("weight", shape(m)) : vernier::Parameter()),
          bias_(has_bias(m) ? m.constant("bias", shape(m)) : vernier::Parameter()),
          act_in_(m.site("act_in")),
          act_out_(m.site("act_out")) {}
    vernier::Value forward(vernier::Context& c, vernier::Value x) const {
      return c.quantize(act_out_, vernier::ops::layer_norm(c, c.quantize(act_in_, x), c.weight(weight_),
                                                           c.weight(bias_), eps_));
    }
    double eps_;
    vernier::Parameter weight_, bias_;
    vernier::Site act_in_, act_out_;
  };

  struct Steps {
    explicit Steps(vernier::Module& m)
        : weight_(has_weight(m) ? m.parameter("weight", shape(m), vernier::per_tensor())
                                : vernier::Parameter()),
          act_in_(m.site("act_in")),
          mean_(m.site("mean")),
          centered_(m.site("centered")),
          square_(m.site("square")),
          var_(m.site("var")),
          eps_(m.filled("eps", {}, eps(m), vernier::per_tensor(), VERNIER_ROLE_ACTIVATION)),
          add_eps_(m.site("add_eps")),
          inv_std_(m.site("inv_std")),
          norm_(m.site("norm")),
          act_out_(m.site("act_out")),
          bias_(has_bias(m) ? m.parameter("bias", shape(m), vernier::per_tensor()) : vernier::Parameter()) {
      if (weight_) affine_mul_ = m.site("affine_mul");
      if (bias_) affine_add_ = m.site("affine_add");
    }
    vernier::Value forward(vernier::Context& c, vernier::Value x) const {
      namespace ops = vernier::ops;
      const vernier::Value in = c.quantize(act_in_, x);
      const vernier::Value centered =
          c.quantize(centered_, ops::sub(c, in, c.quantize(mean_, ops::mean(c, in, {-1}, true))));
      const vernier::Value square = c.quantize(square_, ops::mul(c, centered, centered));
      const vernier::Value variance = c.quantize(var_, ops::mean(c, square, {-1}, true));
      const vernier::Value shifted = c.quantize(add_eps_, ops::add(c, variance, c.weight(eps_)));
      vernier::Value y =
          c.quantize(norm_, ops::mul(c, centered, c.quantize(inv_std_, ops::rsqrt(c, shifted))));
      if (weight_) y = c.quantize(affine_mul_, ops::mul(c, y, c.weight(weight_)));
      if (bias_) y = c.quantize(affine_add_, ops::add(c, y, c.weight(bias_)));
      return c.quantize(act_out_, y);
    }
    vernier::Parameter weight_;
    vernier::Site act_in_, mean_, centered_, square_, var_;
    vernier::Parameter eps_;
    vernier::Site add_eps_, inv_std_, norm_, act_out_;
    vernier::Parameter bias_;
    vernier::Site affine_mul_, affine_add_;
  };

  std::unique_ptr<Op> op_;
  std::unique_ptr<Steps> steps_;
};
