// Gemma4TextMLP, and Gemma4VisionMLP which is the same: down(act(gate(x)) * up(x)).
// Config: hidden_size, intermediate_size, hidden_activation ("gelu_pytorch_tanh", the default, or "gelu").
#pragma once

#include <string>

#include "blocks/gated_mlp.h"

class Gemma4TextMLP : public vernier::Wrapper {
 public:
  explicit Gemma4TextMLP(vernier::Module& m)
      : approximate_(approximation(m.config().text("/hidden_activation", "gelu_pytorch_tanh"))),
        projections_(m, false),
        gate_act_(m.site("gate_act")),
        mul_(m.site("mul")) {}

  vernier::Value forward(vernier::Context& c, vernier::Value x) {
    const auto gelu = [&](vernier::Context& context, vernier::Value gate) {
      return context.quantize(gate_act_, vernier::ops::gelu(context, gate, approximate_));
    };
    return projections_(c, x, gelu, mul_);
  }

 private:
  static std::string approximation(const std::string& activation) {
    if (activation == "gelu_pytorch_tanh") return "tanh";
    if (activation == "gelu") return "none";
    throw vernier::unimplemented("hidden_activation \"" + activation +
                                 "\": Gemma4TextMLP knows gelu_pytorch_tanh and gelu");
  }

  std::string approximate_;
  blocks::GatedProjections projections_;
  vernier::Site gate_act_;
  vernier::Site mul_;
};
