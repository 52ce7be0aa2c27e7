// Gemma4VisionMLP: Gemma4TextMLP with clippable linears.
// Config: hidden_size, intermediate_size, hidden_activation, use_clipped_linears.
#pragma once

#include "text_mlp.h"
#include "vision_config.h"

class Gemma4VisionMLP : public Gemma4TextMLP {
 public:
  explicit Gemma4VisionMLP(vernier::Module& m)
      : Gemma4TextMLP(m, blocks::GatedProjections(m, &gemma4_vision::clippable)) {}
};
