// The per-layer embeddings (PLE) of a text model: a table gives each token a row for each layer, and a
// projection of the hidden states is added to it.
#pragma once

#include <cmath>
#include <vector>

#include "blocks/scaled.h"
#include "text_config.h"

namespace gemma4 {

// Declares the children embed_tokens_per_layer, per_layer_model_projection and per_layer_projection_norm; the
// factors per_layer_model_projection_scale and per_layer_input_scale; the sites per_layer_token_inputs,
// per_layer_sum and per_layer_inputs.
class PerLayerEmbeddings {
 public:
  PerLayerEmbeddings(vernier::Module& m, const vernier::Options& text)
      : layers_(layer_count(text)),
        size_(text.integer("/hidden_size_per_layer_input")),
        table_(m.child("embed_tokens_per_layer", "Gemma4TextScaledWordEmbedding",
                       {{"num_embeddings", text.integer("/vocab_size_per_layer_input", -1)},
                        {"embedding_dim", layers_ * size_},
                        {"embed_scale", std::sqrt(static_cast<double>(size_))}})),
        token_inputs_(m.site("per_layer_token_inputs")),
        projection_(blocks::projection(m, "per_layer_model_projection", text.integer("/hidden_size"),
                                       layers_ * size_, false)),
        projection_scale_(m.filled("per_layer_model_projection_scale", {},
                                   1 / std::sqrt(static_cast<double>(text.integer("/hidden_size"))),
                                   vernier::per_tensor(), VERNIER_ROLE_ACTIVATION)),
        norm_(norm(m, "per_layer_projection_norm", size_, text)),
        sum_(m.site("per_layer_sum")),
        scaled_(m, "per_layer_input_scale", std::sqrt(0.5), "per_layer_inputs") {}

  // input_ids [batch, tokens] give [batch, tokens, layers, size].
  vernier::Value of_tokens(vernier::Context& c, vernier::Value input_ids) const {
    return by_layer(c, table_(c, input_ids));
  }
  // What of_tokens() gave, where it comes from outside.
  vernier::Value given(vernier::Context& c, vernier::Value token_inputs) const {
    require_by_layer(c, token_inputs, "per_layer_token_inputs");
    return c.quantize(token_inputs_, token_inputs);
  }
  // What combined() gave, where it comes from outside.
  vernier::Value given_combined(vernier::Context& c, vernier::Value inputs) const {
    require_by_layer(c, inputs, "per_layer_inputs");
    return c.quantize(scaled_.site(), inputs);
  }
  // Both together, of the same shape.
  vernier::Value combined(vernier::Context& c, vernier::Value inputs_embeds,
                          vernier::Value token_inputs) const {
    namespace ops = vernier::ops;
    const vernier::Value projected = ops::mul(c, projection_(c, inputs_embeds), c.weight(projection_scale_));
    const vernier::Value normed = norm_(c, by_layer(c, projected));
    return scaled_(c, c.quantize(sum_, ops::add(c, normed, token_inputs)));
  }
  // The layer's part of combined(), [batch, tokens, size].
  vernier::Value of_layer(vernier::Context& c, vernier::Value all, int64_t layer) const {
    const std::vector<int64_t> shape = c.shape(all);
    return vernier::ops::reshape(c, vernier::ops::slice(c, all, 2, layer, layer + 1),
                                 {shape[0], shape[1], shape[3]});
  }

 private:
  void require_by_layer(vernier::Context& c, vernier::Value x, const std::string& name) const {
    const std::vector<int64_t> shape = c.shape(x);
    if (shape.size() == 4 && shape[2] == layers_ && shape[3] == size_) return;
    throw vernier::invalid_argument(name + " is [batch, tokens, " + std::to_string(layers_) + ", " +
                                    std::to_string(size_) + "]");
  }
  vernier::Value by_layer(vernier::Context& c, vernier::Value x) const {
    const std::vector<int64_t> shape = c.shape(x);
    return vernier::ops::reshape(c, x, {shape[0], shape[1], layers_, size_});
  }

  int64_t layers_, size_;
  vernier::Child table_;
  vernier::Site token_inputs_;
  vernier::Child projection_;
  vernier::Parameter projection_scale_;
  vernier::Child norm_;
  vernier::Site sum_;
  blocks::Scaled scaled_;
};

}  // namespace gemma4
