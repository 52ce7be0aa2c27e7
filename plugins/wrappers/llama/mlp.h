// LlamaMLP: down(silu(gate(x)) * up(x)); the input is quantized once for both projections.
// Config: hidden_size, intermediate_size, mlp_bias (default false), hidden_act ("silu", the default).
#pragma once

#include "blocks/gated_mlp.h"

class LlamaMLP : public vernier::Wrapper {
 public:
  explicit LlamaMLP(vernier::Module& m)
      : mlp_(m, "LlamaMLP", "mul", m.config().boolean("/mlp_bias", false)) {}
  vernier::Value forward(vernier::Context& c, vernier::Value x) { return mlp_(c, x); }

 private:
  blocks::SiLUGatedMLP mlp_;
};
