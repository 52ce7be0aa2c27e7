// ScaledLinear: a Linear whose output is multiplied by a constant of the config.
#include <vernier/wrapper.h>

class ScaledLinear : public vernier::Wrapper {
 public:
  explicit ScaledLinear(vernier::Module& m)
      : linear_(m.child("linear", "Linear",
                        {{"in_features", m.config().integer("/in_features")}, {"bias", false}})),
        factor_(m.filled("factor", {}, m.config().number("/factor", 1.0), vernier::per_tensor(),
                         VERNIER_ROLE_ACTIVATION)),
        act_out_(m.site("act_out")) {}

  vernier::Value forward(vernier::Context& c, vernier::Value x) {
    return c.quantize(act_out_, vernier::ops::mul(c, linear_(c, x), c.weight(factor_)));
  }

 private:
  vernier::Child linear_;
  vernier::Parameter factor_;
  vernier::Site act_out_;
};

VERNIER_PLUGIN(vernier::wrapper<ScaledLinear>("ScaledLinear"));
