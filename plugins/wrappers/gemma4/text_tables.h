// What the layers of a text model share and shapes alone decide: for each type of layer a causal mask, and
// cosines and sines of the positions.
#pragma once

#include <cmath>
#include <string>
#include <vector>

#include "text_config.h"

namespace gemma4 {

// "default": all pairs of a head turn. "proportional": the first partial_rotary_factor of them, at the
// frequencies that they have in the whole head; the others stand still.
inline std::vector<double> frequencies(const vernier::Options& text, const TextLayer& layer) {
  const std::string where = "/rope_parameters/" + layer.type;
  const std::string kind = text.text(where + "/rope_type", layer.is_full() ? "proportional" : "default");
  std::vector<double> result = blocks::rotary_frequencies(
      layer.head_dim, text.number(where + "/rope_theta", layer.is_full() ? 1e6 : 1e4));
  if (kind == "default") return result;
  if (kind != "proportional")
    throw vernier::unimplemented("rope_type \"" + kind + "\" of " + layer.type +
                                 ": Gemma4TextModel knows default and proportional");
  // As Python's // does: of float products, down.
  const double factor = text.number(where + "/partial_rotary_factor", layer.is_full() ? 0.25 : 1.0);
  const auto turning =
      static_cast<size_t>(std::max(0.0, std::floor(factor * static_cast<double>(layer.head_dim) / 2.0)));
  const double stretched = text.number(where + "/factor", 1.0);
  for (size_t i = 0; i < result.size(); ++i) result[i] = i < turning ? result[i] / stretched : 0.0;
  return result;
}

// What one type of layer gets, each quantized at a site of the model.
class LayerTables {
 public:
  // Declares attention_mask_<type>, position_embeddings_<type>_cos, position_embeddings_<type>_sin.
  LayerTables(vernier::Module& m, const vernier::Options& text, const TextLayer& layer, blocks::Sine sine)
      : layer_(layer),
        sine_(sine),
        window_(layer.is_full() ? 0 : text.integer("/sliding_window", 512)),
        depth_(m.config().number("/mask_depth", blocks::kMaskDepth)),
        frequencies_(frequencies(text, layer)),
        mask_(m.site("attention_mask_" + layer.type, blocks::sixteen_bits())),
        cos_(m.site("position_embeddings_" + layer.type + "_cos")),
        sin_(m.site("position_embeddings_" + layer.type + "_sin")) {
    if (!layer.is_full() && window_ <= 0)
      throw vernier::invalid_argument("sliding_window is positive where a layer slides");
    if (!(depth_ > 0))
      throw vernier::invalid_argument("mask_depth is what a hidden score is lowered by: > 0");
  }

  [[nodiscard]] const TextLayer& layer() const { return layer_; }

  // {mask [1, 1, tokens, tokens], cos, sin [1, tokens, head_dim]}
  std::vector<vernier::Value> at(vernier::Context& c, int64_t tokens) const {
    const auto [cos, sin] = blocks::rotary_rows(frequencies_, 0, tokens, sine_);
    const std::vector<int64_t> shape = {1, tokens, layer_.head_dim};
    return {c.quantize(mask_, c.table(layer_.type + "_mask", {1, 1, tokens, tokens}, mask(tokens))),
            c.quantize(cos_, c.table(layer_.type + "_cos", shape, cos)),
            c.quantize(sin_, c.table(layer_.type + "_sin", shape, sin))};
  }

  // The same where they come from outside.
  std::vector<vernier::Value> given(vernier::Context& c, vernier::Value mask, vernier::Value cos,
                                    vernier::Value sin) const {
    return {c.quantize(mask_, mask), c.quantize(cos_, cos), c.quantize(sin_, sin)};
  }

 private:
  // 0 where a token sees another: itself and earlier ones, `window_` of them where it slides.
  [[nodiscard]] std::vector<float> mask(int64_t tokens) const {
    std::vector<float> result;
    for (int64_t row = 0; row < tokens; ++row) {
      for (int64_t column = 0; column < tokens; ++column) {
        const bool is_seen = column <= row && (window_ == 0 || column > row - window_);
        result.push_back(is_seen ? 0.0F : static_cast<float>(-depth_));
      }
    }
    return result;
  }

  TextLayer layer_;
  blocks::Sine sine_;
  int64_t window_;
  double depth_;
  std::vector<double> frequencies_;
  vernier::Site mask_, cos_, sin_;
};

}  // namespace gemma4
