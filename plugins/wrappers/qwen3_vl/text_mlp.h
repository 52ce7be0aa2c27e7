// Qwen3VLTextMLP: down(silu(gate(x)) * up(x)); the input is quantized once for both projections. The output
// is what down_proj computes, so its site is down_proj/act_out. Config: hidden_size, intermediate_size,
// hidden_act ("silu", the default).
#pragma once

#include "blocks/gated_mlp.h"

class Qwen3VLTextMLP : public vernier::Wrapper {
 public:
  explicit Qwen3VLTextMLP(vernier::Module& m) : mlp_(m, "Qwen3VLTextMLP", "gated_out", false) {}
  vernier::Value forward(vernier::Context& c, vernier::Value hidden_state) { return mlp_(c, hidden_state); }

 private:
  blocks::SiLUGatedMLP mlp_;
};
