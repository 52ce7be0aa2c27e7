// x * weight^T + bias over the last axis; config: in_features, out_features, bias (default true), tied_weight
// (the checkpoint's key of the weight where the module has none of its own), tied_output (path of the site
// whose qparams act_out has).
#pragma once

#include <vernier/wrapper.h>

class Linear : public vernier::Wrapper {
 public:
  explicit Linear(vernier::Module& m)
      : act_in_(m.site("act_in")),
        weight_(m.parameter("weight",
                            {m.config().integer("/out_features", -1), m.config().integer("/in_features", -1)},
                            vernier::per_channel(0), source(m))),
        bias_(m.config().boolean("/bias", true) ? m.bias("bias", {m.config().integer("/out_features", -1)})
                                                : vernier::Parameter()),
        act_out_(m.site("act_out")) {
    if (m.config().has("/tied_output")) m.tie(act_out_, m.config().text("/tied_output"));
  }

  vernier::Value forward(vernier::Context& c, vernier::Value x) {
    return c.quantize(act_out_,
                      vernier::ops::linear(c, c.quantize(act_in_, x), c.weight(weight_), c.weight(bias_)));
  }

 private:
  static vernier::Source source(const vernier::Module& m) {
    vernier::Source result;
    if (m.config().has("/tied_weight")) result.alias(m.config().text("/tied_weight"));
    return result;
  }

  vernier::Site act_in_;
  vernier::Parameter weight_;
  vernier::Parameter bias_;
  vernier::Site act_out_;
};
