// Gemma4TextMLP: down(act(gate(x)) * up(x)).
// Config: hidden_size, intermediate_size, hidden_activation ("gelu_pytorch_tanh", the default, or "gelu").
#pragma once

#include <string>

#include "blocks/gated_mlp.h"

class Gemma4TextMLP : public vernier::Wrapper {
 public:
  explicit Gemma4TextMLP(vernier::Module& m) : Gemma4TextMLP(m, blocks::GatedProjections(m, false)) {}

  vernier::Value forward(vernier::Context& c, vernier::Value x) {
    const auto gelu = [&](vernier::Context& context, vernier::Value gate) {
      return context.quantize(gate_act_, vernier::ops::gelu(context, gate, approximate_));
    };
    return projections_(c, x, gelu, mul_);
  }

 protected:
  Gemma4TextMLP(vernier::Module& m, const blocks::GatedProjections& projections)
      : approximate_(approximation(m.config().text("/hidden_activation", "gelu_pytorch_tanh"))),
        projections_(projections),
        gate_act_(m.site("gate_act")),
        mul_(m.site("mul")) {}

 private:
  static std::string approximation(const std::string& activation) {
    if (activation == "gelu_pytorch_tanh") return "tanh";
    if (activation == "gelu") return "none";
    throw vernier::unimplemented("hidden_activation \"" + activation +
                                 "\": Gemma4's MLP knows gelu_pytorch_tanh and gelu");
  }

  std::string approximate_;
  blocks::GatedProjections projections_;
  vernier::Site gate_act_;
  vernier::Site mul_;
};
