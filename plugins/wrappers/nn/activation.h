// Elementwise activations: quantize, apply, quantize. SiLU is x * sigmoid(x) with a site on each of its two
// results.
#pragma once

#include <vernier/wrapper.h>

#include <string>

template <vernier::Value (*op)(vernier::Context&, vernier::Value)>
class Elementwise : public vernier::Wrapper {
 public:
  explicit Elementwise(vernier::Module& m) : act_in_(m.site("act_in")), act_out_(m.site("act_out")) {}
  vernier::Value forward(vernier::Context& c, vernier::Value x) {
    return c.quantize(act_out_, op(c, c.quantize(act_in_, x)));
  }

 private:
  vernier::Site act_in_;
  vernier::Site act_out_;
};

// Config: approximate, "none" (default) or "tanh".
class GELU : public vernier::Wrapper {
 public:
  explicit GELU(vernier::Module& m)
      : approximate_(m.config().text("/approximate", "none")),
        act_in_(m.site("act_in")),
        act_out_(m.site("act_out")) {}
  vernier::Value forward(vernier::Context& c, vernier::Value x) {
    return c.quantize(act_out_, vernier::ops::gelu(c, c.quantize(act_in_, x), approximate_));
  }

 private:
  std::string approximate_;
  vernier::Site act_in_;
  vernier::Site act_out_;
};

class SiLU : public vernier::Wrapper {
 public:
  explicit SiLU(vernier::Module& m)
      : act_in_(m.site("act_in")), sigmoid_(m.site("sigmoid")), mul_(m.site("mul")) {}
  vernier::Value forward(vernier::Context& c, vernier::Value x) {
    const vernier::Value in = c.quantize(act_in_, x);
    const vernier::Value gate = c.quantize(sigmoid_, vernier::ops::sigmoid(c, in));
    return c.quantize(mul_, vernier::ops::mul(c, in, gate));
  }

 private:
  vernier::Site act_in_;
  vernier::Site sigmoid_;
  vernier::Site mul_;
};
