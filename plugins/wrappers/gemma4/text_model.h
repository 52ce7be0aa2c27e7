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
#include "text_tables.h"

class Gemma4TextModel : public vernier::Wrapper {
  using Value = vernier::Value;

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
      layers_.push_back({m.child(name, "Gemma4TextDecoderLayer",
                                 {{"text_config", text}, {"layer_idx", index}, {"layout", layout.name}}),
                         layer});
      return;
    }
    const std::string source = above(m) + "layers." + std::to_string(layer.source) + ".self_attn";
    layers_.push_back(
        {m.child(
             name, "Gemma4TextDecoderLayer",
             {{"text_config", text}, {"layer_idx", index}, {"layout", layout.name}, {"kv_source", source}}),
         layer});
  }

  [[nodiscard]] const gemma4::PerLayerEmbeddings& per_layer() const {
    if (!per_layer_)
      throw vernier::invalid_argument("this model has no per-layer embeddings (hidden_size_per_layer_input)");
    return *per_layer_;
  }

  // `per_layer_inputs`: none without PLE.
  Value through_layers(vernier::Context& c, Value hidden, Value per_layer_inputs) const {
    std::map<std::string, std::vector<Value>> given;  // by type
    for (const auto& [type, tables] : tables_) given[type] = tables.at(c, c.shape(hidden)[1]);
    std::vector<std::vector<Value>> results;
    for (const Layer& one : layers_) {
      std::vector<Value> inputs = {hidden};
      const std::vector<Value>& tables = given.at(one.plan.type);
      inputs.insert(inputs.end(), tables.begin(), tables.end());
      std::string entry = one.plan.is_consumer() ? "prefill_shared" : "prefill";
      if (per_layer_inputs) {
        inputs.push_back(per_layer_->of_layer(c, per_layer_inputs, static_cast<int64_t>(results.size())));
        entry += "_ple";
      }
      if (one.plan.is_consumer()) {
        const std::vector<Value>& source = results[static_cast<size_t>(one.plan.source)];
        inputs.insert(inputs.end(), source.begin() + 1, source.end());
      }
      results.push_back(one.child.run(c, entry, inputs));
      hidden = results.back()[0];
    }
    return norm_(c, hidden);
  }

  struct Layer {
    vernier::Child child;
    gemma4::TextLayer plan;
  };

  vernier::Child embed_tokens_;
  vernier::Site inputs_embeds_;
  std::optional<gemma4::PerLayerEmbeddings> per_layer_;
  std::map<std::string, gemma4::LayerTables> tables_;  // by type of layer
  std::vector<Layer> layers_;
  vernier::Child norm_;
};
