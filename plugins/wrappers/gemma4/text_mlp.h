// Gemma4TextMLP, and Gemma4VisionMLP which is the same: down(act(gate(x)) * up(x)).
// Config: hidden_size, intermediate_size, hidden_activation ("gelu_pytorch_tanh", the default, or "gelu").
#pragma once

#include <vernier/wrapper.h>

#include <string>

class Gemma4TextMLP : public vernier::Wrapper {
 public:
  explicit Gemma4TextMLP(vernier::Module& m)
      : approximate_(approximation(m.config().text("/hidden_activation", "gelu_pytorch_tanh"))),
        gate_proj_(projection(m, "gate_proj", "/hidden_size", "/intermediate_size")),
        up_proj_(projection(m, "up_proj", "/hidden_size", "/intermediate_size")),
        down_proj_(projection(m, "down_proj", "/intermediate_size", "/hidden_size")),
        gate_act_(m.site("gate_act")),
        mul_(m.site("mul")) {}

  vernier::Value forward(vernier::Context& c, vernier::Value x) {
    const vernier::Value gate = c.quantize(gate_act_, vernier::ops::gelu(c, gate_proj_(c, x), approximate_));
    return down_proj_(c, c.quantize(mul_, vernier::ops::mul(c, gate, up_proj_(c, x))));
  }

 private:
  static std::string approximation(const std::string& activation) {
    if (activation == "gelu_pytorch_tanh") return "tanh";
    if (activation == "gelu") return "none";
    throw vernier::unimplemented("hidden_activation \"" + activation +
                                 "\": Gemma4TextMLP knows gelu_pytorch_tanh and gelu");
  }
  static vernier::Child projection(vernier::Module& m, const char* name, const char* in, const char* out) {
    return m.child(name, "Linear",
                   {{"in_features", m.config().integer(in, -1)},
                    {"out_features", m.config().integer(out, -1)},
                    {"bias", false}});
  }

  std::string approximate_;
  vernier::Child gate_proj_;
  vernier::Child up_proj_;
  vernier::Child down_proj_;
  vernier::Site gate_act_;
  vernier::Site mul_;
};
