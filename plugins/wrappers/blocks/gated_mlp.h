// Gated feed-forward networks (Shazeer 2020, arXiv:2002.05202): down(act(gate(x)) * up(x)).
#pragma once

#include <string>
#include <string_view>

#include "projection.h"

namespace blocks {

// Declares the children gate_proj, up_proj, down_proj, of type Linear. Reads hidden_size, intermediate_size.
// The activation and the product's site are the wrapper's.
class GatedProjections {
 public:
  GatedProjections(vernier::Module& m, bool bias)
      : GatedProjections(m, [bias](vernier::Module& module, std::string_view name, int64_t in, int64_t out) {
          return projection(module, name, in, out, bias);
        }) {}
  // With children of another type: `project` is called as project(m, name, in, out).
  template <typename Project>
  GatedProjections(vernier::Module& m, const Project& project)
      : gate_(project(m, "gate_proj", hidden(m), intermediate(m))),
        up_(project(m, "up_proj", hidden(m), intermediate(m))),
        down_(project(m, "down_proj", intermediate(m), hidden(m))) {}

  // x [..., hidden] gives the same shape. `activation` is called as activation(c, gate).
  template <typename Activation>
  vernier::Value operator()(vernier::Context& c, vernier::Value x, const Activation& activation,
                            vernier::Site product) const {
    const vernier::Value gate = activation(c, gate_(c, x));
    return down_(c, c.quantize(product, vernier::ops::mul(c, gate, up_(c, x))));
  }

 private:
  static int64_t hidden(const vernier::Module& m) { return m.config().integer("/hidden_size", -1); }
  static int64_t intermediate(const vernier::Module& m) {
    return m.config().integer("/intermediate_size", -1);
  }

  vernier::Child gate_, up_, down_;
};

// With SiLU; the input is quantized once for both projections. Declares the sites act_in and `product`, those
// children, and act_fn of type SiLU. Reads those keys and hidden_act ("silu", the default; no other yet:
// VERNIER_UNIMPLEMENTED, in the name of `type`).
class SiLUGatedMLP {
 public:
  SiLUGatedMLP(vernier::Module& m, std::string_view type, std::string_view product, bool bias)
      : act_in_(m.site("act_in")),
        product_(m.site(product)),
        projections_(m, bias),
        act_fn_(m.child("act_fn", activation(m, type), vernier::Options())) {}

  vernier::Value operator()(vernier::Context& c, vernier::Value x) const {
    return projections_(c, c.quantize(act_in_, x), act_fn_, product_);
  }

 private:
  static std::string_view activation(vernier::Module& m, std::string_view type) {
    const std::string name = m.config().text("/hidden_act", "silu");
    if (name == "silu") return "SiLU";
    throw vernier::unimplemented("hidden_act \"" + name + "\": " + std::string(type) + " knows silu");
  }

  vernier::Site act_in_, product_;
  GatedProjections projections_;
  vernier::Child act_fn_;
};

}  // namespace blocks
