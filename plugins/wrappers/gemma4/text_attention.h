// Gemma4TextAttention: grouped attention without a scale, with norms on queries, keys and values. `prefill`
// takes a prompt and gives, besides its result, keys and values of these tokens; `decode` also takes those
// of the tokens before; `forward` is prefill without them. A layer that reads the keys and values of another
// one has no projections for them: `prefill_shared` and `decode_shared` take them whole. Mask, cosines and
// sines are inputs, as a device's host makes them.
// Config: the text config (text_config.h) and layer_idx; layout; kv_source, the path of the attention whose
// keys and values are read, so that they stay on its grid (Gemma4TextModel gives it).
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "text_config.h"

class Gemma4TextAttention : public vernier::Wrapper {
 public:
  explicit Gemma4TextAttention(vernier::Module& m)
      : Gemma4TextAttention(m, gemma4::text_config(m), gemma4::layout(m)) {}

  // hidden_states [batch, tokens, hidden]; attention_mask, added to the scores, [batch or 1, 1, tokens,
  // all] or without the axis of heads; cos and sin [batch or 1, tokens, head_dim].
  vernier::Value forward(vernier::Context& c, vernier::Value hidden_states, vernier::Value attention_mask,
                         vernier::Value cos, vernier::Value sin) {
    return prefill(c, hidden_states, attention_mask, cos, sin)[0];
  }
  // Besides, keys (normed and turned) and values of these tokens, [batch, key heads, tokens, head_dim].
  std::vector<vernier::Value> prefill(vernier::Context& c, vernier::Value hidden_states,
                                      vernier::Value attention_mask, vernier::Value cos, vernier::Value sin) {
    return without_all(with_own_keys(c, {hidden_states, attention_mask, cos, sin}, {}, {}));
  }
  // The past is that of the tokens before, of any number: slots that hold none are the mask's business.
  std::vector<vernier::Value> decode(vernier::Context& c, vernier::Value hidden_states,
                                     vernier::Value attention_mask, vernier::Value cos, vernier::Value sin,
                                     vernier::Value past_k, vernier::Value past_v) {
    return without_all(decode_joined(c, hidden_states, attention_mask, cos, sin, past_k, past_v));
  }
  // And keys and values of all tokens, the past's and these: what layers that read them take.
  std::vector<vernier::Value> decode_joined(vernier::Context& c, vernier::Value hidden_states,
                                            vernier::Value attention_mask, vernier::Value cos,
                                            vernier::Value sin, vernier::Value past_k,
                                            vernier::Value past_v) {
    require_cache(c, past_k, past_v, "past_k and past_v");
    return with_own_keys(c, {hidden_states, attention_mask, cos, sin}, past_k, past_v);
  }
  // Keys and values of all tokens, those of hidden_states at the end.
  vernier::Value shared(vernier::Context& c, vernier::Value hidden_states, vernier::Value attention_mask,
                        vernier::Value cos, vernier::Value sin, vernier::Value shared_k,
                        vernier::Value shared_v) {
    if (!layer_.is_consumer())
      throw vernier::invalid_argument(who_ + " has keys of its own: prefill, decode");
    require_cache(c, shared_k, shared_v, "shared_k and shared_v");
    const Inputs in = {hidden_states, attention_mask, cos, sin};
    const blocks::RotaryValues turns = rotary(c, in);
    return attend(c, in, turned_query(c, in, turns), c.quantize(read_key_, shared_k),
                  c.quantize(value_, shared_v));
  }

 private:
  struct Inputs {
    vernier::Value hidden_states, attention_mask, cos, sin;
  };

  Gemma4TextAttention(vernier::Module& m, const vernier::Options& text, const gemma4::Layout& layout)
      : layer_(gemma4::text_layer(text, m.config().integer("/layer_idx"))),
        who_("Gemma4TextAttention of layer " + std::to_string(m.config().integer("/layer_idx"))),
        heads_(layer_.heads, layer_.key_heads, layer_.head_dim),
        q_proj_(inward(m, "q_proj", heads_.query, text)),
        q_norm_(gemma4::norm(m, "q_norm", heads_.size, text)),
        cos_(m.site("cos")),
        sin_(m.site("sin")),
        query_(m, "query", layout.sine) {
    if (layer_.is_consumer())
      declare_reader(m);
    else
      declare_owner(m, text, layout);
    attention_.emplace(m, heads_, blocks::sixteen_bits(), layout.products);
    o_proj_ = blocks::projection(m, "o_proj", heads_.query * heads_.size, text.integer("/hidden_size"),
                                 has_bias(text));
  }

  void declare_owner(vernier::Module& m, const vernier::Options& text, const gemma4::Layout& layout) {
    k_proj_ = inward(m, "k_proj", heads_.key, text);
    k_norm_ = gemma4::norm(m, "k_norm", heads_.size, text);
    if (!layer_.has_values_of_keys) v_proj_ = inward(m, "v_proj", heads_.key, text);
    v_norm_ = gemma4::norm(m, "v_norm", heads_.size, text, false);
    key_.emplace(m, "key", layout.sine);
    value_ = m.site("value");
    m.tie(value_, "v_norm/act_out");
  }
  void declare_reader(vernier::Module& m) {
    read_key_ = m.site("key");
    value_ = m.site("value");
    if (!m.config().has("/kv_source")) return;
    const std::string source = m.config().text("/kv_source");
    m.tie(read_key_, source + "/key");
    m.tie(value_, source + ".v_norm/act_out");
  }

  static bool has_bias(const vernier::Options& text) { return text.boolean("/attention_bias", false); }
  vernier::Child inward(vernier::Module& m, const char* name, int64_t count,
                        const vernier::Options& text) const {
    return blocks::projection(m, name, text.integer("/hidden_size"), count * heads_.size, has_bias(text));
  }

  void require_cache(vernier::Context& c, vernier::Value keys, vernier::Value values,
                     const char* names) const {
    const std::vector<int64_t> shape = c.shape(keys);
    if (shape.size() == 4 && shape[1] == heads_.key && shape[3] == heads_.size && c.shape(values) == shape)
      return;
    throw vernier::invalid_argument(who_ + " wants " + names + " of one shape, [batch, " +
                                    std::to_string(heads_.key) + ", tokens, " + std::to_string(heads_.size) +
                                    "]");
  }

  vernier::Value split(vernier::Context& c, vernier::Value x, int64_t count) const {
    return blocks::split_heads(c, x, count, heads_.size, {0, 2, 1, 3}, who_);
  }

  // [batch or 1, tokens, head_dim] as [.., 1, tokens, head_dim].
  vernier::Value over_heads(vernier::Context& c, vernier::Value table, int64_t tokens) const {
    const std::vector<int64_t> shape = c.shape(table);
    if (shape.size() != 3 || shape[1] != tokens || shape[2] != heads_.size)
      throw vernier::invalid_argument(who_ + " wants cos and sin of shape [1, " + std::to_string(tokens) +
                                      ", " + std::to_string(heads_.size) + "]");
    return vernier::ops::reshape(c, table, {shape[0], 1, shape[1], shape[2]});
  }
  blocks::RotaryValues rotary(vernier::Context& c, const Inputs& in) const {
    const std::vector<int64_t> shape = c.shape(in.hidden_states);
    const int64_t tokens = shape.size() == 3 ? shape[1] : 0;
    if (tokens == 0)
      throw vernier::invalid_argument(who_ + " wants hidden_states of shape [batch, tokens, hidden]");
    return {over_heads(c, c.quantize(cos_, in.cos), tokens), over_heads(c, c.quantize(sin_, in.sin), tokens)};
  }

  vernier::Value turned_query(vernier::Context& c, const Inputs& in,
                              const blocks::RotaryValues& turns) const {
    return query_(c, q_norm_(c, split(c, q_proj_(c, in.hidden_states), heads_.query)), turns);
  }

  std::vector<vernier::Value> with_own_keys(vernier::Context& c, const Inputs& in, vernier::Value past_k,
                                            vernier::Value past_v) const {
    if (layer_.is_consumer())
      throw vernier::invalid_argument(who_ + " reads the keys and values of layer " +
                                      std::to_string(layer_.source) + ": prefill_shared, decode_shared");
    const blocks::RotaryValues turns = rotary(c, in);
    const vernier::Value query = turned_query(c, in, turns);
    const vernier::Value raw_key = split(c, k_proj_(c, in.hidden_states), heads_.key);
    const vernier::Value raw_value =
        layer_.has_values_of_keys ? raw_key : split(c, v_proj_(c, in.hidden_states), heads_.key);
    const vernier::Value key = (*key_)(c, k_norm_(c, raw_key), turns);
    const vernier::Value value = v_norm_(c, raw_value);
    const vernier::Value keys = blocks::with_past(c, key_->site(), past_k, key);
    const vernier::Value values = blocks::with_past(c, value_, past_v, value);
    return {attend(c, in, query, keys, values), key, value, keys, values};
  }
  // Result, keys and values of these tokens.
  static std::vector<vernier::Value> without_all(std::vector<vernier::Value> results) {
    results.resize(3);
    return results;
  }

  vernier::Value attend(vernier::Context& c, const Inputs& in, vernier::Value query, vernier::Value keys,
                        vernier::Value values) const {
    const vernier::Value mask = by_heads(c, in.attention_mask, c.shape(query)[2], c.shape(keys)[2]);
    return o_proj_(c, (*attention_)(c, query, vernier::ops::permute(c, keys, {0, 1, 3, 2}), values, mask));
  }

  vernier::Value by_heads(vernier::Context& c, vernier::Value mask, int64_t tokens, int64_t all) const {
    std::vector<int64_t> shape = c.shape(mask);
    const bool has_heads = shape.size() == 4;
    if (shape.size() == 3) shape.insert(shape.begin() + 1, 1);
    if (shape.size() != 4 || shape[1] != 1 || (shape[2] != tokens && shape[2] != 1) || shape[3] != all)
      throw vernier::invalid_argument(who_ + " wants an attention_mask of shape [1, 1, " +
                                      std::to_string(tokens) + ", " + std::to_string(all) + "]");
    return has_heads ? mask : vernier::ops::reshape(c, mask, shape);
  }

  gemma4::TextLayer layer_;
  std::string who_;
  blocks::Heads heads_;
  vernier::Child q_proj_, q_norm_, k_proj_, k_norm_, v_proj_, v_norm_, o_proj_;
  vernier::Site cos_, sin_, value_;
  blocks::Rotation query_;
  std::optional<blocks::Rotation> key_;  // an owner's
  vernier::Site read_key_;               // a consumer's
  std::optional<blocks::GroupedAttention> attention_;
};
