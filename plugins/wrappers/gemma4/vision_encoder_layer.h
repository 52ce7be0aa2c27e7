// Gemma4VisionEncoderLayer: attention and feed-forward network, each between two norms and added to what came
// in. Config: that of its children.
#pragma once

#include <vector>

#include "vision_config.h"

class Gemma4VisionEncoderLayer : public vernier::Wrapper {
 public:
  explicit Gemma4VisionEncoderLayer(vernier::Module& m)
      : act_in_(m.site("act_in")),
        self_attn_(m.child("self_attn", "Gemma4VisionAttention", m.config())),
        mlp_(m.child("mlp", "Gemma4VisionMLP", m.config())),
        input_(layer_norm(m, "input_layernorm")),
        post_attention_(layer_norm(m, "post_attention_layernorm")),
        pre_feedforward_(layer_norm(m, "pre_feedforward_layernorm")),
        post_feedforward_(layer_norm(m, "post_feedforward_layernorm")),
        attn_residual_out_(m.site("attn_residual_out")),
        mlp_residual_out_(m.site("mlp_residual_out")) {}

  // As Gemma4VisionAttention's.
  vernier::Value forward(vernier::Context& c, vernier::Value hidden_states, vernier::Value cos,
                         vernier::Value sin) {
    return run(c, hidden_states, "forward", {cos, sin});
  }
  vernier::Value masked(vernier::Context& c, vernier::Value hidden_states, vernier::Value cos,
                        vernier::Value sin, vernier::Value attention_mask) {
    return run(c, hidden_states, "masked", {cos, sin, attention_mask});
  }

 private:
  static vernier::Child layer_norm(vernier::Module& m, const char* name) {
    return gemma4_vision::norm(m, name, m.config().integer("/hidden_size"));
  }

  vernier::Value run(vernier::Context& c, vernier::Value hidden_states, const char* entry,
                     const std::vector<vernier::Value>& positions) {
    namespace ops = vernier::ops;
    const vernier::Value x = c.quantize(act_in_, hidden_states);
    std::vector<vernier::Value> inputs = {input_(c, x)};
    inputs.insert(inputs.end(), positions.begin(), positions.end());
    const vernier::Value attended = post_attention_(c, self_attn_.run(c, entry, inputs).at(0));
    const vernier::Value h = c.quantize(attn_residual_out_, ops::add(c, x, attended));
    const vernier::Value fed = post_feedforward_(c, mlp_(c, pre_feedforward_(c, h)));
    return c.quantize(mlp_residual_out_, ops::add(c, h, fed));
  }

  vernier::Site act_in_;
  vernier::Child self_attn_, mlp_, input_, post_attention_, pre_feedforward_, post_feedforward_;
  vernier::Site attn_residual_out_, mlp_residual_out_;
};
