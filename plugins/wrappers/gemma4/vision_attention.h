// Gemma4VisionAttention: grouped attention of patches among each other, with norms on query, key and value,
// rotary positions on two axes and the scale 1.
// Config: hidden_size, num_attention_heads, num_key_value_heads, head_dim, rms_norm_eps, use_clipped_linears.
#pragma once

#include <vector>

#include "vision_config.h"
#include "vision_rotary.h"

class Gemma4VisionAttention : public vernier::Wrapper {
 public:
  explicit Gemma4VisionAttention(vernier::Module& m)
      : heads_(gemma4_vision::heads(m)),
        hidden_(m.site("hidden")),
        q_proj_(inward(m, "q_proj", heads_.query)),
        k_proj_(inward(m, "k_proj", heads_.key)),
        v_proj_(inward(m, "v_proj", heads_.key)),
        o_proj_(gemma4_vision::clippable(m, "o_proj", heads_.query * heads_.size,
                                         m.config().integer("/hidden_size"))),
        q_norm_(gemma4_vision::norm(m, "q_norm", heads_.size)),
        k_norm_(gemma4_vision::norm(m, "k_norm", heads_.size)),
        v_norm_(gemma4_vision::norm(m, "v_norm", heads_.size, false)),
        cos_(m.site("cos", vernier::per_tensor().range(-1, 1))),
        sin_(m.site("sin", vernier::per_tensor().range(-1, 1))),
        query_(m, "q"),
        key_(m, "k"),
        attention_(m, heads_, blocks::sixteen_bits().range(-blocks::kMaskDepth, 0),
                   blocks::Products::kBatched, kSites) {}

  // hidden_states [batch, slots, hidden], cos and sin [1 or batch, slots, head_dim], or with an axis of 1 for
  // the heads behind the batch, gives hidden_states' shape. The first half of sin is negated on either axis.
  vernier::Value forward(vernier::Context& c, vernier::Value hidden_states, vernier::Value cos,
                         vernier::Value sin) {
    return attend(c, hidden_states, cos, sin, {});
  }
  // The same; attention_mask [1 or batch, 1, 1 or slots, slots] is added to scores: 0, or kMaskDepth below
  // for a key that must not be seen.
  vernier::Value masked(vernier::Context& c, vernier::Value hidden_states, vernier::Value cos,
                        vernier::Value sin, vernier::Value attention_mask) {
    return attend(c, hidden_states, cos, sin, attention_mask);
  }

 private:
  static constexpr blocks::AttentionSites kSites = {"attn_mask", "logits_raw", "mask_add", "softmax",
                                                    "attn_out"};

  vernier::Child inward(vernier::Module& m, const char* name, int64_t count) const {
    return gemma4_vision::clippable(m, name, m.config().integer("/hidden_size"), count * heads_.size);
  }
  vernier::Value split(vernier::Context& c, vernier::Value x, int64_t count) const {
    return blocks::split_heads(c, x, count, heads_.size, {0, 2, 1, 3}, "Gemma4VisionAttention");
  }
  static vernier::Value for_heads(vernier::Context& c, vernier::Value table) {
    const std::vector<int64_t> shape = c.shape(table);
    if (shape.size() == 4) return table;
    if (shape.size() == 3) return vernier::ops::reshape(c, table, {shape[0], 1, shape[1], shape[2]});
    throw vernier::invalid_argument(
        "Gemma4VisionAttention wants cos and sin of shape [batch, slots, head_dim], not of rank " +
        std::to_string(shape.size()));
  }

  vernier::Value attend(vernier::Context& c, vernier::Value hidden_states, vernier::Value cos,
                        vernier::Value sin, vernier::Value mask) {
    const vernier::Value x = c.quantize(hidden_, hidden_states);
    const blocks::RotaryValues turns = {c.quantize(cos_, for_heads(c, cos)),
                                        c.quantize(sin_, for_heads(c, sin))};
    const vernier::Value query = query_(c, q_norm_(c, split(c, q_proj_(c, x), heads_.query)), turns);
    const vernier::Value key = key_(c, k_norm_(c, split(c, k_proj_(c, x), heads_.key)), turns);
    const vernier::Value value = v_norm_(c, split(c, v_proj_(c, x), heads_.key));
    return o_proj_(c, attention_(c, query, vernier::ops::permute(c, key, {0, 1, 3, 2}), value, mask));
  }

  blocks::Heads heads_;
  vernier::Site hidden_;
  vernier::Child q_proj_, k_proj_, v_proj_, o_proj_, q_norm_, k_norm_, v_norm_;
  vernier::Site cos_, sin_;
  gemma4_vision::AxialRotation query_, key_;
  blocks::GroupedAttention attention_;
};
