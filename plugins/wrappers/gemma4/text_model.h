// Gemma4TextModel: embeddings, decoder layers, final norm. A prompt as a whole, of any length: masks and
// positions follow from its shape; a layer that reads keys and values of another one gets them here.
// Config: the text config (text_config.h); layout; mask_depth, by how much a hidden score is lowered;
// tied_embeds (default false): embeddings of tokens, inputs_embeds and what the first layer takes are on one
// grid, that of the first layer's act_in.
#pragma once

#include <cmath>
#include <map>
#include <optional>
#include <string>
#include <vector>

#include "per_layer_embeddings.h"
#include "text_stack.h"
#include "text_tables.h"

class Gemma4TextModel : public vernier::Wrapper {
  using Value = vernier::Value;
  using Values = std::vector<vernier::Value>;

 public:
  explicit Gemma4TextModel(vernier::Module& m)
      : Gemma4TextModel(m, gemma4::text_config(m), gemma4::layout(m)) {}

  // input_ids, int32 or int64 [batch, tokens], give [batch, tokens, hidden].
  Value forward(vernier::Context& c, Value input_ids) {
    const std::vector<int64_t> shape = c.shape(input_ids);
    if (shape.size() != 2)
      throw vernier::invalid_argument(
          "Gemma4TextModel wants input_ids of shape [batch, tokens], not of rank " +
          std::to_string(shape.size()));
    const Value embeds = embed_tokens_(c, input_ids);
    if (!per_layer_) return through_layers(c, embeds, {});
    return through_layers(c, embeds, per_layer_->combined(c, embeds, per_layer_->of_tokens(c, input_ids)));
  }

  // The same from embeddings, [batch, tokens, hidden], some of which may be an image's.
  Value from_embeds(vernier::Context& c, Value inputs_embeds) {
    if (per_layer_) throw vernier::invalid_argument("this model has per-layer embeddings: from_embeds_ple");
    return through_layers(c, c.quantize(inputs_embeds_, inputs_embeds), {});
  }
  // And with what ple_tokens gave for the tokens, [batch, tokens, layers, hidden_size_per_layer_input].
  Value from_embeds_ple(vernier::Context& c, Value inputs_embeds, Value per_layer_token_inputs) {
    const Value embeds = c.quantize(inputs_embeds_, inputs_embeds);
    const Value tokens = per_layer().given(c, per_layer_token_inputs);
    return through_layers(c, embeds, per_layer_->combined(c, embeds, tokens));
  }

  // And with the tokens whose rows of the per-layer table they get, input_ids as forward's.
  Value from_embeds_tokens(vernier::Context& c, Value inputs_embeds, Value input_ids) {
    const Value embeds = c.quantize(inputs_embeds_, inputs_embeds);
    return through_layers(c, embeds, per_layer().combined(c, embeds, per_layer_->of_tokens(c, input_ids)));
  }

  // The pieces that a device's host runs one by one: embeddings of tokens; per-layer embeddings of tokens;
  // what the layers get of them, [batch, tokens, layers, hidden_size_per_layer_input]; the final norm.
  Value embed(vernier::Context& c, Value input_ids) { return embed_tokens_(c, input_ids); }
  Value ple_tokens(vernier::Context& c, Value input_ids) { return per_layer().of_tokens(c, input_ids); }
  Value ple(vernier::Context& c, Value inputs_embeds, Value per_layer_token_inputs) {
    const Value embeds = c.quantize(inputs_embeds_, inputs_embeds);
    return per_layer().combined(c, embeds, per_layer_->given(c, per_layer_token_inputs));
  }
  Value final_norm(vernier::Context& c, Value hidden_states) { return norm_(c, hidden_states); }

  // All layers as one piece, before the final norm. `rest`, by type of layer (full_attention,
  // sliding_attention, those that the model has): attention_mask, then cos of each, then sin, as
  // Gemma4TextAttention takes them; for decoding past_k of each layer that has keys of its own, then past_v.
  // They give the hidden states, then new_k of each such layer, then new_v.
  Values prefill_stack(vernier::Context& c, Value hidden_states, const Values& rest) {
    require_no_per_layer();
    return stacked(c, hidden_states, {}, rest, false);
  }
  Values decode_stack(vernier::Context& c, Value hidden_states, const Values& rest) {
    require_no_per_layer();
    return stacked(c, hidden_states, {}, rest, true);
  }
  // The same with what `ple` gave.
  Values prefill_stack_ple(vernier::Context& c, Value hidden_states, Value per_layer_inputs,
                           const Values& rest) {
    return stacked(c, hidden_states, {&per_layer(), per_layer().given_combined(c, per_layer_inputs)}, rest,
                   false);
  }
  Values decode_stack_ple(vernier::Context& c, Value hidden_states, Value per_layer_inputs,
                          const Values& rest) {
    return stacked(c, hidden_states, {&per_layer(), per_layer().given_combined(c, per_layer_inputs)}, rest,
                   true);
  }

 private:
  Gemma4TextModel(vernier::Module& m, const vernier::Options& text, const gemma4::Layout& layout)
      : embed_tokens_(embed_tokens(m, text)), inputs_embeds_(m.site("inputs_embeds")) {
    if (m.config().boolean("/tied_embeds", false)) m.tie(inputs_embeds_, kFirstInput);
    if (text.integer("/hidden_size_per_layer_input", 0) > 0) per_layer_.emplace(m, text);
    for (int64_t i = 0; i < gemma4::layer_count(text); ++i) declare_layer(m, text, layout, i);
    norm_ = gemma4::norm(m, "norm", text.integer("/hidden_size"), text);
  }

  static constexpr const char* kFirstInput = "layers.0/act_in";

  static std::string above(const vernier::Module& m) {
    return m.path().empty() ? std::string() : m.path() + ".";
  }
  static vernier::Child embed_tokens(vernier::Module& m, const vernier::Options& text) {
    const int64_t rows = text.integer("/vocab_size", -1), width = text.integer("/hidden_size");
    const double scale = std::sqrt(static_cast<double>(width));
    const char *name = "embed_tokens", *type = "Gemma4TextScaledWordEmbedding";
    if (!m.config().boolean("/tied_embeds", false))
      return m.child(name, type,
                     {{"num_embeddings", rows}, {"embedding_dim", width}, {"embed_scale", scale}});
    return m.child(name, type,
                   {{"num_embeddings", rows},
                    {"embedding_dim", width},
                    {"embed_scale", scale},
                    {"tied_output", above(m) + kFirstInput}});
  }

  void declare_layer(vernier::Module& m, const vernier::Options& text, const gemma4::Layout& layout,
                     int64_t index) {
    const gemma4::TextLayer layer = gemma4::text_layer(text, index);
    const auto known = tables_.try_emplace(layer.type, m, text, layer, layout.sine).first;
    if (known->second.layer().head_dim != layer.head_dim)
      throw vernier::unimplemented(layer.type +
                                   " layers with heads of different sizes: they share positions");
    const std::string name = "layers." + std::to_string(index);
    if (!layer.is_consumer()) {
      layers_.add(m.child(name, "Gemma4TextDecoderLayer",
                          {{"text_config", text}, {"layer_idx", index}, {"layout", layout.name}}),
                  layer);
      return;
    }
    const std::string source = above(m) + "layers." + std::to_string(layer.source) + ".self_attn";
    layers_.add(
        m.child(
            name, "Gemma4TextDecoderLayer",
            {{"text_config", text}, {"layer_idx", index}, {"layout", layout.name}, {"kv_source", source}}),
        layer);
  }

  [[nodiscard]] const gemma4::PerLayerEmbeddings& per_layer() const {
    if (!per_layer_)
      throw vernier::invalid_argument("this model has no per-layer embeddings (hidden_size_per_layer_input)");
    return *per_layer_;
  }

  void require_no_per_layer() const {
    if (per_layer_)
      throw vernier::invalid_argument("this model has per-layer embeddings: entries that end in _ple");
  }

  // `per_layer_inputs`: none without PLE.
  Value through_layers(vernier::Context& c, Value hidden, Value per_layer_inputs) const {
    gemma4::TextStack::Tables given;
    for (const auto& [type, tables] : tables_) given[type] = tables.at(c, c.shape(hidden)[1]);
    const gemma4::TextStack::Shares shares = {per_layer_inputs ? &*per_layer_ : nullptr, per_layer_inputs};
    return norm_(c, layers_.run(c, hidden, given, shares, {}).hidden);
  }

  // `rest`: as prefill_stack and decode_stack take it.
  Values stacked(vernier::Context& c, Value hidden, const gemma4::TextStack::Shares& shares,
                 const Values& rest, bool has_past) const {
    const size_t types = tables_.size(), owners = layers_.owners();
    const size_t wanted = 3 * types + (has_past ? 2 * owners : 0);
    if (rest.size() != wanted)
      throw vernier::invalid_argument(
          "a stack of " + std::to_string(types) + " types of layers, " + std::to_string(owners) +
          " with keys of their own, takes " + std::to_string(wanted) +
          " masks, cosines, sines, keys and values, not " + std::to_string(rest.size()));
    gemma4::TextStack::Tables given;
    size_t at = 0;
    for (const auto& [type, tables] : tables_) {
      given[type] = tables.given(c, rest[at], rest[types + at], rest[2 * types + at]);
      ++at;
    }
    gemma4::TextStack::Keys past;
    for (size_t i = 3 * types; i < rest.size(); ++i)
      (i < 3 * types + owners ? past.keys : past.values).push_back(rest[i]);
    const gemma4::TextStack::Result result = layers_.run(c, hidden, given, shares, past);
    Values all = {result.hidden};
    all.insert(all.end(), result.made.keys.begin(), result.made.keys.end());
    all.insert(all.end(), result.made.values.begin(), result.made.values.end());
    return all;
  }

  vernier::Child embed_tokens_;
  vernier::Site inputs_embeds_;
  std::optional<gemma4::PerLayerEmbeddings> per_layer_;
  std::map<std::string, gemma4::LayerTables> tables_;  // by type of layer
  gemma4::TextStack layers_;
  vernier::Child norm_;
};
