// Qwen3VLTextMLP: down(silu(gate(x)) * up(x)); the input is quantized once for both projections. The output
// is what down_proj computes, so its site is down_proj/act_out. Config: hidden_size, intermediate_size,
// hidden_act ("silu", the default).
#pragma once

#include <vernier/wrapper.h>

#include <string>

class Qwen3VLTextMLP : public vernier::Wrapper {
 public:
  explicit Qwen3VLTextMLP(vernier::Module& m)
      : act_in_(m.site("act_in")),
        gated_out_(m.site("gated_out")),
        gate_proj_(projection(m, "gate_proj", "/hidden_size", "/intermediate_size")),
        up_proj_(projection(m, "up_proj", "/hidden_size", "/intermediate_size")),
        down_proj_(projection(m, "down_proj", "/intermediate_size", "/hidden_size")),
        act_fn_(m.child("act_fn", activation(m.config().text("/hidden_act", "silu")), vernier::Options())) {}

  vernier::Value forward(vernier::Context& c, vernier::Value hidden_state) {
    const vernier::Value in = c.quantize(act_in_, hidden_state);
    const vernier::Value gate = act_fn_(c, gate_proj_(c, in));
    return down_proj_(c, c.quantize(gated_out_, vernier::ops::mul(c, gate, up_proj_(c, in))));
  }

 private:
  static std::string activation(const std::string& name) {
    if (name == "silu") return "SiLU";
    throw vernier::unimplemented("hidden_act \"" + name + "\": Qwen3VLTextMLP knows silu");
  }
  static vernier::Child projection(vernier::Module& m, const char* name, const char* in, const char* out) {
    return m.child(name, "Linear",
                   {{"in_features", m.config().integer(in, -1)},
                    {"out_features", m.config().integer(out, -1)},
                    {"bias", false}});
  }

  vernier::Site act_in_;
  vernier::Site gated_out_;
  vernier::Child gate_proj_;
  vernier::Child up_proj_;
  vernier::Child down_proj_;
  vernier::Child act_fn_;
};
