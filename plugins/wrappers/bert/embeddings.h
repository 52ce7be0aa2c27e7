// BertEmbeddings: word + position + token type, then LayerNorm. Positions count from 0 and every token has
// type 0, so both are rows of constants: they are sliced, not looked up, and their sum is one tensor that a
// runtime may fold. Config: vocab_size, hidden_size, max_position_embeddings, type_vocab_size (default 2),
// layer_norm_eps.
#pragma once

#include "config.h"

class BertEmbeddings : public vernier::Wrapper {
 public:
  explicit BertEmbeddings(vernier::Module& m)
      : words_(m.child("word_embeddings", "Embedding",
                       {{"num_embeddings", m.config().integer("/vocab_size", -1)},
                        {"embedding_dim", bert::hidden_size(m)}})),
        positions_(m.parameter("position_embeddings.weight",
                               {m.config().integer("/max_position_embeddings", -1), bert::hidden_size(m)},
                               vernier::per_tensor())),
        types_(m.parameter("token_type_embeddings.weight",
                           {m.config().integer("/type_vocab_size", -1), bert::hidden_size(m)},
                           vernier::per_tensor())),
        places_(m.site("places")),
        norm_(bert::layer_norm(m)) {}

  vernier::Value forward(vernier::Context& c, vernier::Value input_ids) {
    namespace ops = vernier::ops;
    const std::vector<int64_t> shape = c.shape(input_ids);
    if (shape.size() != 2)
      throw vernier::invalid_argument(
          "BertEmbeddings wants input_ids of shape [batch, tokens], not of rank " +
          std::to_string(shape.size()));
    const vernier::Value rows = ops::slice(c, c.weight(positions_), 0, 0, shape[1]);
    const vernier::Value type = ops::slice(c, c.weight(types_), 0, 0, 1);
    return norm_(c, ops::add(c, words_(c, input_ids), c.quantize(places_, ops::add(c, rows, type))));
  }

 private:
  vernier::Child words_;
  vernier::Parameter positions_;
  vernier::Parameter types_;
  vernier::Site places_;
  vernier::Child norm_;
};
