// Gemma4TextScaledWordEmbedding: a row of the table times a constant (the square root of the hidden size, or
// what the config says). Config: num_embeddings, embedding_dim, embed_scale, tied_output (path of the site
// whose qparams act_out has).
#pragma once

#include "blocks/embedding.h"
#include "blocks/scaled.h"

class Gemma4TextScaledWordEmbedding : public vernier::Wrapper {
 public:
  explicit Gemma4TextScaledWordEmbedding(vernier::Module& m)
      : rows_(m, "embedding"), scaled_(m, "embed_scale", m.config().number("/embed_scale"), "act_out") {
    if (m.config().has("/tied_output")) m.tie(scaled_.site(), m.config().text("/tied_output"));
  }
  vernier::Value forward(vernier::Context& c, vernier::Value input_ids) {
    return scaled_(c, rows_(c, input_ids));
  }

 private:
  blocks::Embedding rows_;
  blocks::Scaled scaled_;
};
