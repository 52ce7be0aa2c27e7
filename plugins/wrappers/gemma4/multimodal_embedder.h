// Gemma4MultimodalEmbedder: projects vision (or audio) features into the text decoder's hidden space: RMSNorm
// without scale, then Linear without bias. A composite: it owns no sites. Config: multimodal (the tower's
// config), text (the text config), tied_output (as Linear's).
#pragma once

#include <string>
#include <vector>

#include "blocks/projection.h"

class Gemma4MultimodalEmbedder : public vernier::Wrapper {
 public:
  explicit Gemma4MultimodalEmbedder(vernier::Module& m)
      : width_(m.config().integer("/multimodal/output_proj_dims",
                                  m.config().integer("/multimodal/hidden_size", -1))),
        norm_(m.child("embedding_pre_projection_norm", "Gemma4RMSNorm",
                      {{"dim", width_},
                       {"eps", m.config().number("/multimodal/rms_norm_eps", 1e-6)},
                       {"with_scale", false}})),
        projection_(projection(m, width_)) {}

  vernier::Value forward(vernier::Context& c, vernier::Value inputs_embeds) {
    return projection_(c, norm_(c, inputs_embeds));
  }
  // inputs_embeds [1, rows, width] gives [rows, hidden].
  vernier::Value rows(vernier::Context& c, vernier::Value inputs_embeds) {
    const vernier::Value features = forward(c, inputs_embeds);
    const std::vector<int64_t> shape = c.shape(features);
    if (shape.size() != 3 || shape[0] != 1)
      throw vernier::invalid_argument("Gemma4MultimodalEmbedder's entry rows wants [1, rows, width]");
    return vernier::ops::reshape(c, features, {shape[1], shape[2]});
  }

 private:
  static vernier::Child projection(vernier::Module& m, int64_t width) {
    const int64_t hidden = m.config().integer("/text/hidden_size");
    if (!m.config().has("/tied_output"))
      return blocks::projection(m, "embedding_projection", width, hidden, false);
    return m.child("embedding_projection", "Linear",
                   {{"in_features", width},
                    {"out_features", hidden},
                    {"bias", false},
                    {"tied_output", m.config().text("/tied_output")}});
  }

  int64_t width_;
  vernier::Child norm_;
  vernier::Child projection_;
};
