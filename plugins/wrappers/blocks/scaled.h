// A tensor times a number that the config gives: an embedding's scale, an attention's 1/sqrt(head size).
#pragma once

#include <vernier/wrapper.h>

#include <string_view>

namespace blocks {

// Declares `factor`, a filled scalar with the role of an activation, and the site `product`.
class Scaled {
 public:
  Scaled(vernier::Module& m, std::string_view factor, double value, std::string_view product)
      : factor_(m.filled(factor, {}, value, vernier::per_tensor(), VERNIER_ROLE_ACTIVATION)),
        product_(m.site(product)) {}

  vernier::Value operator()(vernier::Context& c, vernier::Value x) const {
    return c.quantize(product_, vernier::ops::mul(c, x, c.weight(factor_)));
  }
  [[nodiscard]] vernier::Site site() const { return product_; }

 private:
  vernier::Parameter factor_;
  vernier::Site product_;
};

}  // namespace blocks
