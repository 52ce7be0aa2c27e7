// Gemma4VisionEncoder: the layers one after the other, without a norm behind them. It makes the angles of the
// rotary positions and the mask once for all layers.
// Config: num_hidden_layers, rope_parameters/rope_theta (default 100), grid (see vision_grid.h), and its
// layers'.
#pragma once

#include <string>
#include <vector>

#include "vision_config.h"
#include "vision_rotary.h"

class Gemma4VisionEncoder : public vernier::Wrapper {
 public:
  explicit Gemma4VisionEncoder(vernier::Module& m)
      : head_size_(gemma4_vision::heads(m).size),
        theta_(theta(m)),
        grid_(gemma4_vision::grid_of(m)),
        act_in_(m.site("act_in")),
        mask_(m.site("attention_mask", blocks::sixteen_bits().range(-blocks::kMaskDepth, 0))),
        cos_(m.site("position_embeddings_cos", vernier::per_tensor().range(-1, 1))),
        sin_(m.site("position_embeddings_sin", vernier::per_tensor().range(-1, 1))) {
    const int64_t layers = m.config().integer("/num_hidden_layers");
    for (int64_t i = 0; i < layers; ++i)
      layers_.push_back(m.child("layers." + std::to_string(i), "Gemma4VisionEncoderLayer", m.config()));
  }

  // inputs_embeds [batch, slots, hidden] gives that. Slots behind the grid's patches are padding, which no
  // patch sees.
  vernier::Value forward(vernier::Context& c, vernier::Value inputs_embeds) {
    const gemma4_vision::Grid& grid = gemma4_vision::wanted(grid_, kType);
    const int64_t slots = gemma4_vision::slots(c, inputs_embeds, grid, kType);
    return run(c, inputs_embeds,
               gemma4_vision::axial_tables(c, grid, slots, head_size_, theta_, "position_embeddings"),
               gemma4_vision::padding_mask(c, grid, slots));
  }
  // The same, with what a grid says as inputs: attention_mask as Gemma4VisionAttention's, and cos and sin [1
  // or batch, slots, head_dim], the first half of sin negated on either axis.
  vernier::Value any_grid(vernier::Context& c, vernier::Value inputs_embeds, vernier::Value attention_mask,
                          vernier::Value position_embeddings_cos, vernier::Value position_embeddings_sin) {
    return run(c, inputs_embeds, {position_embeddings_cos, position_embeddings_sin}, attention_mask);
  }

 private:
  static constexpr const char* kType = "Gemma4VisionEncoder";

  static double theta(const vernier::Module& m) {
    const std::string type = m.config().text("/rope_parameters/rope_type", "axial");
    if (type == "axial" || type == "default") return m.config().number("/rope_parameters/rope_theta", 100);
    throw vernier::unimplemented("rope_type \"" + type + "\": " + kType + " knows axial and default");
  }

  vernier::Value run(vernier::Context& c, vernier::Value inputs_embeds, blocks::RotaryValues turns,
                     vernier::Value mask) {
    const vernier::Value cos = c.quantize(cos_, turns.cos), sin = c.quantize(sin_, turns.sin);
    if (mask) mask = c.quantize(mask_, mask);
    vernier::Value hidden = c.quantize(act_in_, inputs_embeds);
    for (const vernier::Child& layer : layers_)
      hidden = mask ? layer.run(c, "masked", {hidden, cos, sin, mask}).at(0) : layer(c, hidden, cos, sin);
    return hidden;
  }

  int64_t head_size_;
  double theta_;
  std::optional<gemma4_vision::Grid> grid_;
  vernier::Site act_in_, mask_, cos_, sin_;
  std::vector<vernier::Child> layers_;
};
