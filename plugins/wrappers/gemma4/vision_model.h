// Gemma4VisionModel: pixels of pictures to soft tokens, [tokens of all pictures, hidden].
// Config: vision_config's keys; standardize (default false); grid (see vision_grid.h); keep_padding (default
// false): with a grid, slots of padding go through the tower behind a mask, as in TICO's files, and are
// dropped behind it. Otherwise they are dropped first, with the same result for less work.
#pragma once

#include <string>
#include <vector>

#include "vision_grid.h"

class Gemma4VisionModel : public vernier::Wrapper {
 public:
  explicit Gemma4VisionModel(vernier::Module& m)
      : width_(m.config().integer("/hidden_size")),
        side_(m.config().integer("/pooling_kernel_size", 3)),
        grid_(gemma4_vision::grid_of(m)),
        keeps_padding_(m.config().boolean("/keep_padding", false)),
        standardizes_(m.config().boolean("/standardize", false)),
        patch_embedder_(m.child("patch_embedder", "Gemma4VisionPatchEmbedder", m.config())),
        encoder_(m.child("encoder", "Gemma4VisionEncoder", m.config())),
        pooler_(m.child("pooler", "Gemma4VisionPooler", m.config())) {
    if (!standardizes_) return;
    bias_ = m.constant("std_bias", {width_});
    scale_ = m.constant("std_scale", {width_});
    bias_site_ = m.site("std_bias");
    scale_site_ = m.site("std_scale");
    minus_bias_ = m.site("minus_bias");
    last_hidden_state_ = m.site("last_hidden_state");
  }

  // pixel_values [batch, slots, 3 * patch_size^2] of pictures of the grid gives [batch * soft tokens,
  // hidden].
  vernier::Value forward(vernier::Context& c, vernier::Value pixel_values) {
    const gemma4_vision::Grid& grid = gemma4_vision::wanted(grid_, kType);
    const bool has_padding = gemma4_vision::slots(c, pixel_values, grid, kType) > grid.patches();
    if (has_padding && !keeps_padding_)
      pixel_values = vernier::ops::slice(c, pixel_values, 1, 0, grid.patches());
    vernier::Value tokens = pooler_(c, encoder_(c, patch_embedder_(c, pixel_values)));
    if (has_padding && keeps_padding_)
      tokens = vernier::ops::slice(c, tokens, 1, 0, grid.patches() / (side_ * side_));
    return finished(c, tokens);
  }
  // With what a grid says as inputs; rows of squares that pool_weight leaves empty are there, too.
  vernier::Value any_grid(vernier::Context& c, vernier::Value pixel_values, vernier::Value pixel_position_ids,
                          vernier::Value attention_mask, vernier::Value position_embeddings_cos,
                          vernier::Value position_embeddings_sin, vernier::Value pool_weight) {
    const vernier::Value embeds =
        patch_embedder_.run(c, "any_grid", {pixel_values, pixel_position_ids}).at(0);
    const vernier::Value hidden =
        encoder_
            .run(c, "any_grid", {embeds, attention_mask, position_embeddings_cos, position_embeddings_sin})
            .at(0);
    return finished(c, pooler_.run(c, "any_grid", {hidden, pool_weight}).at(0));
  }

 private:
  static constexpr const char* kType = "Gemma4VisionModel";

  vernier::Value finished(vernier::Context& c, vernier::Value tokens) {
    namespace ops = vernier::ops;
    const std::vector<int64_t> shape = c.shape(tokens);
    const vernier::Value rows = ops::reshape(c, tokens, {shape[0] * shape[1], width_});
    if (!standardizes_) return rows;
    const vernier::Value bias = c.quantize(bias_site_, c.weight(bias_)),
                         scale = c.quantize(scale_site_, c.weight(scale_));
    const vernier::Value centred = c.quantize(minus_bias_, ops::sub(c, rows, bias));
    return c.quantize(last_hidden_state_, ops::mul(c, centred, scale));
  }

  int64_t width_, side_;
  std::optional<gemma4_vision::Grid> grid_;
  bool keeps_padding_, standardizes_;
  vernier::Child patch_embedder_, encoder_, pooler_;
  vernier::Parameter bias_, scale_;
  vernier::Site bias_site_, scale_site_, minus_bias_, last_hidden_state_;
};
