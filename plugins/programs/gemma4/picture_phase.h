// The phase that runs for each picture: from pixels and where they stand to rows of `visual`.
#pragma once

#include <string>
#include <utility>

#include <vernier/draft/program_document.h>

#include "tico_names.h"

namespace gemma4_program {

// Writes units, buffers and steps of the vision tower. A program without pictures has none of it.
class PicturePhase {
 public:
  PicturePhase(vernier::ProgramDocument& document, const Model& model, const Profile& profile)
      : d_(document), model_(model), vision_(*model.vision), profile_(profile) {}

  void write() {
    declare_requests();
    declare_units();
    d_.phase("picture", "each_picture");
    take_picture();
    const std::string rows = profile_.splits_vision ? through_pieces() : through_whole();
    keep(rows);
  }

 private:
  [[nodiscard]] int64_t slots() const { return profile_.image_slots; }
  [[nodiscard]] int64_t squares() const { return slots() / vision_.square(); }
  [[nodiscard]] bool is_fixed() const { return model_.grid.has_value(); }
  // In a fixed grid without padding there is nothing to hide; TICO's layers take a mask all the same.
  [[nodiscard]] bool has_mask() const {
    return !is_fixed() || profile_.is_tico || slots() > model_.grid->patches();
  }

  // Two digits at least, as TICO numbers them.
  static std::string layer_unit(int64_t layer) {
    return std::string("vision_encoder_layer_") + (layer < 10 ? "0" : "") + std::to_string(layer);
  }

  std::string scratch(const std::string& name, const std::vector<int64_t>& shape,
                      const char* dtype = "float32") {
    return d_.buffer("picture." + name, dtype, shape, "scratch");
  }

  // Axes along which a request may be shorter: pictures, and slots.
  [[nodiscard]] vernier::Options lengths() const {
    const std::string least = profile_.is_tico ? "1" : "0";
    return vernier::Options(R"([{"axis": 0, "counter": "pictures", "minimum": )" + least +
                            R"(, "maximum": )" + std::to_string(profile_.pictures) +
                            R"(}, {"axis": 1, "minimum": )" + std::to_string(vision_.square()) +
                            R"(, "maximum": )" + std::to_string(slots()) + "}]");
  }
  void declare_requests() {
    d_.buffer("pixel_values", "float32", {profile_.pictures, slots(), vision_.width}, "request",
              {{"fill", 0}, {"lengths", lengths()}});
    d_.buffer("pixel_position_ids", "int32", {profile_.pictures, slots(), 2}, "request",
              {{"fill", -1}, {"lengths", lengths()}, {"minimum", -1}, {"maximum", vision_.positions - 1}});
  }

  void declare_units() {
    if (!profile_.splits_vision && is_fixed())
      return declare(
          d_, profile_,
          {"vision_prefill", "model", "image_features_fixed_grid", {"pixel_values"}, {"features"}});
    if (!profile_.splits_vision)
      return declare(d_, profile_,
                     {"vision_prefill",
                      "model",
                      "image_features",
                      {"pixel_values", "pixel_position_ids", "pixel_attention_mask",
                       "position_embeddings_cos", "position_embeddings_sin", "pool_weight"},
                      {"features"}});
    const std::string tower = "model.vision_tower";
    if (is_fixed())
      declare(d_, profile_,
              {"vision_patch_embedder", tower + ".patch_embedder", "forward", {"pixel_values"}, {"embeds"}});
    else
      declare(d_, profile_,
              {"vision_patch_embedder",
               tower + ".patch_embedder",
               "any_grid",
               {"pixel_values", "pixel_position_ids"},
               {"embeds"}});
    for (int64_t i = 0; i < vision_.layers; ++i) {
      vernier::ProgramDocument::Unit unit{layer_unit(i),
                                          tower + ".encoder.layers." + std::to_string(i),
                                          has_mask() ? "masked" : "forward",
                                          {"hidden_states", "cos", "sin"},
                                          {"hidden"}};
      if (has_mask()) unit.inputs.emplace_back("attention_mask");
      declare(d_, profile_, unit);
    }
    if (is_fixed())
      declare(d_, profile_, {"vision_pooler", tower + ".pooler", "forward", {"hidden_states"}, {"pooled"}});
    else
      declare(d_, profile_,
              {"vision_pooler", tower + ".pooler", "any_grid", {"hidden_states", "pool_weight"}, {"pooled"}});
    declare(d_, profile_,
            {"vision_post_projection",
             "model.embed_vision",
             profile_.is_tico ? "rows" : "forward",
             {"inputs_embeds"},
             {"features"}});
  }

  // The picture's pixels and positions, and what follows from these.
  void take_picture() {
    positions_ = scratch("positions", {1, slots(), 2}, "int32");
    d_.host("row", {{"x", "pixel_position_ids"}}, {{"row", positions_}}, {{"axis", 0}, {"index", "picture"}});
    pixels_ = scratch("pixels", {1, slots(), vision_.width});
    d_.host("row", {{"x", "pixel_values"}}, {{"row", pixels_}}, {{"axis", 0}, {"index", "picture"}});
    if (is_fixed()) {
      d_.host("require_grid", {{"positions", positions_}}, {},
              {{"rows", model_.grid->rows}, {"columns", model_.grid->columns}});
    } else {
      // What hides padding hides its numbers; those of a patch keep the range of the tower's sites.
      const std::string padded = scratch("padded_pixels", {1, slots(), vision_.width});
      d_.host("pad_patches", {{"pixels", pixels_}, {"positions", positions_}}, {{"padded", padded}});
      pixels_ = padded;
      places_ = scratch("places", {1, slots(), 2}, "int32");
      d_.host("patch_positions", {{"positions", positions_}}, {{"places", places_}});
      pool_weight_ = scratch("pool_weight", {1, squares(), slots()});
      d_.host("pool_weights", {{"positions", positions_}}, {{"weights", pool_weight_}},
              {{"side", vision_.side}});
    }
    if (!is_fixed() || profile_.splits_vision) make_positions();
  }
  void make_positions() {
    cos_ = scratch("cos", {1, slots(), vision_.head_dim});
    sin_ = scratch("sin", {1, slots(), vision_.head_dim});
    d_.host("patch_rotary", {{"positions", positions_}}, {{"cos", cos_}, {"sin", sin_}},
            {{"theta", vision_.theta}});
    if (!has_mask()) return;
    mask_ = scratch("mask", {1, 1, profile_.is_tico ? slots() : 1, slots()});
    d_.host("patch_mask", {{"positions", positions_}}, {{"mask", mask_}},
            {{"depth", profile_.depth(model_)}, {"pairs", profile_.is_tico}});
  }

  // Each gives the buffer of soft tokens, [rows, hidden of the text].
  std::string through_whole() {
    const std::string features = scratch("features", {profile_.rows(model_), model_.text.hidden});
    if (is_fixed())
      d_.run("vision_prefill", {pixels_}, {features});
    else
      d_.run("vision_prefill", {pixels_, places_, mask_, cos_, sin_, pool_weight_}, {features});
    return features;
  }
  std::string through_pieces() {
    const std::vector<int64_t> shape = {1, slots(), vision_.hidden};
    std::string hidden = scratch("hidden_0", shape);
    if (is_fixed())
      d_.run("vision_patch_embedder", {pixels_}, {hidden});
    else
      d_.run("vision_patch_embedder", {pixels_, places_}, {hidden});
    for (int64_t i = 0; i < vision_.layers; ++i) {
      const std::string next = scratch("hidden_" + std::to_string(i + 1), shape);
      std::vector<std::string> inputs = {hidden, cos_, sin_};
      if (has_mask()) inputs.push_back(mask_);
      d_.run(layer_unit(i), inputs, {next});
      hidden = next;
    }
    const std::string pooled = scratch("pooled", {1, squares(), vision_.hidden});
    if (is_fixed())
      d_.run("vision_pooler", {hidden}, {pooled});
    else
      d_.run("vision_pooler", {hidden, pool_weight_}, {pooled});
    if (profile_.is_tico) {
      std::string features = scratch("features", {squares(), model_.text.hidden});
      d_.run("vision_post_projection", {pooled}, {features});
      return features;
    }
    const std::string features = scratch("features", {1, squares(), model_.text.hidden});
    d_.run("vision_post_projection", {pooled}, {features});
    const std::string rows = scratch("feature_rows", {squares(), model_.text.hidden});
    d_.host("reshape", {{"x", features}}, {{"y", rows}});
    return rows;
  }

  void keep(const std::string& rows) {
    const int64_t count = profile_.rows(model_);
    d_.buffer("visual", "float32", {profile_.pictures * count, model_.text.hidden}, "state", {{"fill", 0}});
    d_.host("write_rows", {{"rows", rows}}, {{"into", "visual"}},
            {{"axis", 0}, {"count", count}, {"offset", "picture*" + std::to_string(count)}});
    if (profile_.is_tico) return;
    d_.buffer("soft_tokens", "int32", {profile_.pictures}, "state", {{"fill", 0}});
    const std::string own = scratch("soft_tokens", {1}, "int32");
    d_.host("count_soft_tokens", {{"positions", positions_}}, {{"count", own}}, {{"side", vision_.side}});
    d_.host("write_rows", {{"rows", own}}, {{"into", "soft_tokens"}},
            {{"axis", 0}, {"count", 1}, {"offset", "picture"}});
  }

  vernier::ProgramDocument& d_;
  const Model& model_;
  const Vision& vision_;
  const Profile& profile_;
  std::string positions_, pixels_, places_, pool_weight_, cos_, sin_, mask_;  // buffers
};

}  // namespace gemma4_program
