// LlamaAttention: grouped attention with rotary positions and a cache. `prefill` takes a prompt and gives,
// besides its result, keys and values; `decode` takes one token and those of the tokens before it; `forward`
// is prefill without them. Keys come back at the grid on which they left, and so do values.
// Config: hidden_size, num_attention_heads, num_key_value_heads (default: as many), head_dim (default:
// hidden_size / num_attention_heads), attention_bias (default false), and what rope.h reads.
#pragma once

#include <cmath>
#include <string>
#include <vector>

#include "blocks/attention.h"
#include "blocks/projection.h"
#include "blocks/rotary.h"
#include "blocks/scaled.h"
#include "rope.h"

class LlamaAttention : public vernier::Wrapper {
 public:
  explicit LlamaAttention(vernier::Module& m)
      : heads_(heads(m)),
        q_proj_(inward(m, "q_proj", heads_.query)),
        k_proj_(inward(m, "k_proj", heads_.key)),
        v_proj_(inward(m, "v_proj", heads_.key)),
        o_proj_(blocks::projection(m, "o_proj", heads_.query * heads_.size,
                                   m.config().integer("/hidden_size"), has_bias(m))),
        scaled_query_(m, "scale", 1 / std::sqrt(static_cast<double>(heads_.size)), "scaled_query"),
        positions_(m, llama::frequencies(m, heads_.size)),
        query_(m, "query"),
        key_(m, "key"),
        value_(m.site("value")),
        attention_(m, heads_, blocks::sixteen_bits().range(-blocks::kMaskDepth, 0)) {
    m.tie(value_, "v_proj/act_out");
  }

  // hidden_states [batch, tokens, hidden] gives that.
  vernier::Value forward(vernier::Context& c, vernier::Value hidden_states) {
    return prefill(c, hidden_states)[0];
  }
  // The same, and the keys and values of these tokens, [batch, key heads, tokens, head size].
  std::vector<vernier::Value> prefill(vernier::Context& c, vernier::Value hidden_states) {
    const vernier::Value query = split(c, q_proj_(c, hidden_states), heads_.query);
    return attend(c, hidden_states, query, {}, {});
  }
  // hidden_states [batch, 1, hidden] of the token behind those whose keys and values are the past; gives its
  // own besides the result.
  std::vector<vernier::Value> decode(vernier::Context& c, vernier::Value hidden_states,
                                     vernier::Value past_key, vernier::Value past_value) {
    const vernier::Value query = split(c, q_proj_(c, hidden_states), heads_.query);
    const std::vector<int64_t> past = c.shape(past_key);
    if (c.shape(query)[2] != 1)
      throw vernier::invalid_argument("LlamaAttention decodes one token, not " +
                                      std::to_string(c.shape(query)[2]));
    if (past.size() != 4 || c.shape(past_value) != past)
      throw vernier::invalid_argument(
          "LlamaAttention wants past_key and past_value of one shape, [batch, key heads, tokens, head size]");
    return attend(c, hidden_states, query, past_key, past_value);
  }

 private:
  static blocks::Heads heads(const vernier::Module& m) {
    const int64_t count = m.config().integer("/num_attention_heads");
    const int64_t hidden = m.config().integer("/hidden_size");
    return {count, m.config().integer("/num_key_value_heads", count),
            m.config().integer("/head_dim", count > 0 ? hidden / count : 0)};
  }
  static bool has_bias(const vernier::Module& m) { return m.config().boolean("/attention_bias", false); }
  vernier::Child inward(vernier::Module& m, const char* name, int64_t count) const {
    return blocks::projection(m, name, m.config().integer("/hidden_size"), count * heads_.size, has_bias(m));
  }
  vernier::Value split(vernier::Context& c, vernier::Value x, int64_t count) const {
    return blocks::split_heads(c, x, count, heads_.size, {0, 2, 1, 3}, "LlamaAttention");
  }

  std::vector<vernier::Value> attend(vernier::Context& c, vernier::Value hidden_states,
                                     vernier::Value unscaled, vernier::Value past_key,
                                     vernier::Value past_value) {
    const int64_t tokens = c.shape(unscaled)[2];
    const blocks::RotaryValues turns = positions_.at(c, past_key ? c.shape(past_key)[2] : 0, tokens);
    const vernier::Value query = query_(c, scaled_query_(c, unscaled), turns);
    const vernier::Value key = key_(c, split(c, k_proj_(c, hidden_states), heads_.key), turns);
    const vernier::Value value = split(c, v_proj_(c, hidden_states), heads_.key);
    const vernier::Value keys = blocks::with_past(c, key_.site(), past_key, key);
    const vernier::Value values = blocks::with_past(c, value_, past_value, value);
    const vernier::Value mask = past_key ? vernier::Value() : blocks::causal_mask(c, tokens);
    const vernier::Value context =
        attention_(c, query, vernier::ops::permute(c, keys, {0, 1, 3, 2}), values, mask);
    return {o_proj_(c, context), key, value};
  }

  blocks::Heads heads_;
  vernier::Child q_proj_, k_proj_, v_proj_, o_proj_;
  blocks::Scaled scaled_query_;
  blocks::RotaryTables positions_;
  blocks::Rotation query_, key_;
  vernier::Site value_;
  blocks::GroupedAttention attention_;
};
