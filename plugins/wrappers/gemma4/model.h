// Gemma4Model: pictures and text to the hidden states of the text decoder. Soft tokens of pictures take the
// places of tokens, and these get the per-layer embeddings of the pad token. What the first layer takes, be
// it a token's embedding or a picture's, is on one grid: that of its act_in.
// Config: that of the checkpoint: text_config, vision_config (null: text alone); ours besides: layout,
// mask_depth; grid (vision_grid.h), keep_padding, image_start (default 1) for pictures of one size in one
// place. Audio is not served: audio_config is not read.
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "multimodal_fusion.h"
#include "text_config.h"

class Gemma4Model : public vernier::Wrapper {
  using Value = vernier::Value;

 public:
  explicit Gemma4Model(vernier::Module& m) : Gemma4Model(m, gemma4::text_config(m)) {}

  // input_ids [1, tokens] and one picture or several, of any sizes: pixel_values [pictures, slots, width] and
  // what follows from their sizes as Gemma4VisionModel's any_grid takes it (pixel_attention_mask is its
  // attention_mask); source [tokens] as gemma4::Fusion's, with a row for each square of each picture. Gives
  // [1, tokens, hidden].
  Value forward(vernier::Context& c, Value input_ids, Value pixel_values, Value pixel_position_ids,
                Value pixel_attention_mask, Value position_embeddings_cos, Value position_embeddings_sin,
                Value pool_weight, Value source) {
    require_causal_pictures();
    const Value features = image_features(c, pixel_values, pixel_position_ids, pixel_attention_mask,
                                          position_embeddings_cos, position_embeddings_sin, pool_weight);
    const Value ids = padded_by_source(c, input_ids, source);
    return decoded(c, ids, fusion_.by_source(c, embedded(c, ids), features, source));
  }
  // The same with pictures of the config's grid, whose soft tokens stand from image_start on.
  Value fixed_grid(vernier::Context& c, Value input_ids, Value pixel_values) {
    require_causal_pictures();
    const Value features = image_features_fixed_grid(c, pixel_values);
    const Value ids = padded_from_start(c, input_ids, c.shape(features)[0]);
    return decoded(c, ids, fusion_.at(c, embedded(c, ids), features, start_));
  }
  // Without a picture; a placeholder of one would be read as a token.
  Value text(vernier::Context& c, Value input_ids) { return language_model_(c, input_ids); }

  // The pieces that a device's host runs one by one, beside those of the children: pictures to soft tokens,
  // [pictures * squares, hidden]; these among a text's embeddings [1, tokens, hidden]; the final norm.
  Value image_features(vernier::Context& c, Value pixel_values, Value pixel_position_ids,
                       Value pixel_attention_mask, Value position_embeddings_cos,
                       Value position_embeddings_sin, Value pool_weight) {
    require_vision();
    return projected(c, vision_tower_
                            .run(c, "any_grid",
                                 {pixel_values, pixel_position_ids, pixel_attention_mask,
                                  position_embeddings_cos, position_embeddings_sin, pool_weight})
                            .at(0));
  }
  Value image_features_fixed_grid(vernier::Context& c, Value pixel_values) {
    require_vision();
    return projected(c, vision_tower_(c, pixel_values));
  }
  Value fuse(vernier::Context& c, Value text_embeds, Value visual_embeds, Value source) {
    return fusion_.by_source(c, on_grid(c, text_embeds), on_grid(c, visual_embeds), source);
  }
  Value fuse_fixed_place(vernier::Context& c, Value text_embeds, Value visual_embeds) {
    return fusion_.at(c, on_grid(c, text_embeds), on_grid(c, visual_embeds), start_);
  }
  // The same in float32 whatever the recipe says, as TICO's file of it is: no site is reached.
  Value fuse_fixed_place_float(vernier::Context& c, Value text_embeds, Value visual_embeds) {
    return fusion_.placed(c, text_embeds, visual_embeds, start_);
  }
  Value final_norm(vernier::Context& c, Value hidden_states) {
    return language_model_.run(c, "final_norm", {hidden_states}).at(0);
  }

 private:
  static constexpr const char* kFirstInput = "language_model.layers.0/act_in";

  Gemma4Model(vernier::Module& m, const vernier::Options& text)
      : pad_(text.integer("/pad_token_id", 0)),
        start_(m.config().integer("/image_start", 1)),
        has_vision_(m.config().has("/vision_config")),
        has_per_layer_embeddings_(text.integer("/hidden_size_per_layer_input", 0) > 0),
        sees_pictures_whole_(text.text("/use_bidirectional_attention", "") == "vision"),
        fusion_(m) {
    m.tie(fusion_.site(), kFirstInput);
    if (has_vision_) declare_vision(m, text);
    language_model_ = m.child("language_model", "Gemma4TextModel",
                              {{"text_config", text},
                               {"layout", m.config().text("/layout", "reference")},
                               {"mask_depth", m.config().number("/mask_depth", blocks::kMaskDepth)},
                               {"tied_embeds", true}});
  }

  void declare_vision(vernier::Module& m, const vernier::Options& text) {
    const vernier::Options vision = m.config().at("/vision_config");
    const std::string above = m.path().empty() ? std::string() : m.path() + ".";
    vision_tower_ = m.child("vision_tower", "Gemma4VisionModel", tower_config(m, vision));
    embed_vision_ = m.child("embed_vision", "Gemma4MultimodalEmbedder",
                            {{"multimodal", vision}, {"text", text}, {"tied_output", above + kFirstInput}});
  }
  static vernier::Config tower_config(const vernier::Module& m, const vernier::Options& vision) {
    if (!m.config().has("/grid")) return vernier::Config(vision);
    return vernier::Config(vision, {{"grid", m.config().at("/grid")},
                                    {"keep_padding", m.config().boolean("/keep_padding", false)}});
  }

  void require_vision() const {
    if (has_vision_) return;
    throw vernier::invalid_argument("vision_config is null: this model takes no pictures; entry text");
  }
  void require_causal_pictures() const {
    require_vision();
    if (!sees_pictures_whole_) return;
    throw vernier::unimplemented(
        "use_bidirectional_attention \"vision\": Gemma4Model's masks are causal within a picture, too; its "
        "layers take any mask as an input");
  }

  // Rows of all pictures, [rows, width], by embed_vision. Runtimes have norms of three axes at least.
  Value projected(vernier::Context& c, Value rows) const {
    namespace ops = vernier::ops;
    const std::vector<int64_t> in = c.shape(rows);
    const Value features = embed_vision_(c, ops::reshape(c, rows, {1, in[0], in[1]}));
    return ops::reshape(c, features, {in[0], c.shape(features)[2]});
  }

  // What comes from outside; what children give is there already.
  Value on_grid(vernier::Context& c, Value x) const { return c.quantize(fusion_.site(), x); }
  Value embedded(vernier::Context& c, Value ids) const {
    return language_model_.run(c, "embed", {ids}).at(0);
  }
  // `ids`: with pads in the places of pictures.
  Value decoded(vernier::Context& c, Value ids, Value embeds) const {
    if (!has_per_layer_embeddings_) return language_model_.run(c, "from_embeds", {embeds}).at(0);
    return language_model_.run(c, "from_embeds_tokens", {embeds, ids}).at(0);
  }

  // How many tokens there are of the only text.
  static int64_t tokens(vernier::Context& c, Value input_ids) {
    const std::vector<int64_t> shape = c.shape(input_ids);
    if (shape.size() == 2 && shape[0] == 1) return shape[1];
    throw vernier::invalid_argument("Gemma4Model wants input_ids of shape [1, tokens] beside pictures");
  }
  static Value numbers(vernier::Context& c, const char* name, const std::vector<int64_t>& shape,
                       int64_t number, Value like) {
    const auto count = static_cast<size_t>(shape.empty() ? 1 : shape.back());
    if (c.dtype(like) == vernier::kInt32)
      return c.table(name, shape, std::vector<int32_t>(count, static_cast<int32_t>(number)));
    return c.table(name, shape, std::vector<int64_t>(count, number));
  }
  // A token whose row comes from a picture is a pad, whatever its id: it may lie outside the table.
  Value padded_by_source(vernier::Context& c, Value input_ids, Value source) const {
    namespace ops = vernier::ops;
    const int64_t count = tokens(c, input_ids);
    if (c.shape(source) != std::vector<int64_t>{count})
      throw vernier::invalid_argument("Gemma4Model wants `source` of shape [" + std::to_string(count) +
                                      "], one row for each token");
    const Value rows = ops::reshape(c, source, {1, count});
    const Value is_soft = ops::greater_equal(c, rows, numbers(c, "first_soft_row", {}, count, source));
    return ops::where(c, is_soft, numbers(c, "pad_token", {}, pad_, input_ids), input_ids);
  }
  Value padded_from_start(vernier::Context& c, Value input_ids, int64_t soft) const {
    namespace ops = vernier::ops;
    const int64_t count = tokens(c, input_ids), end = start_ + soft;
    if (start_ < 0 || end > count)
      throw vernier::invalid_argument(std::to_string(soft) + " soft tokens from token " +
                                      std::to_string(start_) + " on do not fit into a text of " +
                                      std::to_string(count));
    std::vector<Value> parts;
    if (start_ > 0) parts.push_back(ops::slice(c, input_ids, 1, 0, start_));
    parts.push_back(numbers(c, "pad_tokens", {1, soft}, pad_, input_ids));
    if (end < count) parts.push_back(ops::slice(c, input_ids, 1, end, count));
    return parts.size() == 1 ? parts[0] : ops::concat(c, parts, 1);
  }

  int64_t pad_, start_;
  bool has_vision_, has_per_layer_embeddings_, sees_pictures_whole_;
  gemma4::Fusion fusion_;
  vernier::Child vision_tower_, embed_vision_, language_model_;
};
