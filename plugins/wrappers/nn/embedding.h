// One row of the table per index; config: num_embeddings, embedding_dim.
#pragma once

#include <vernier/wrapper.h>

class Embedding : public vernier::Wrapper {
 public:
  explicit Embedding(vernier::Module& m)
      : weight_(m.parameter(
            "weight", {m.config().integer("/num_embeddings", -1), m.config().integer("/embedding_dim", -1)},
            vernier::per_channel(0))),
        act_out_(m.site("act_out")) {}

  vernier::Value forward(vernier::Context& c, vernier::Value indices) {
    return c.quantize(act_out_, vernier::ops::embedding(c, c.weight(weight_), indices));
  }

 private:
  vernier::Parameter weight_;
  vernier::Site act_out_;
};
