// One row of the table per index; config: num_embeddings, embedding_dim.
#pragma once

#include "blocks/embedding.h"

class Embedding : public vernier::Wrapper {
 public:
  explicit Embedding(vernier::Module& m) : rows_(m, "act_out") {}
  vernier::Value forward(vernier::Context& c, vernier::Value indices) { return rows_(c, indices); }

 private:
  blocks::Embedding rows_;
};
