// Gemma4TextScaledWordEmbedding: a row of the table times a constant (the square root of the hidden size, or
// what the config says). Config: num_embeddings, embedding_dim, embed_scale.
#pragma once

#include <vernier/wrapper.h>

class Gemma4TextScaledWordEmbedding : public vernier::Wrapper {
 public:
  explicit Gemma4TextScaledWordEmbedding(vernier::Module& m)
      : weight_(m.parameter(
            "weight", {m.config().integer("/num_embeddings", -1), m.config().integer("/embedding_dim", -1)},
            vernier::per_channel(0))),
        embedding_(m.site("embedding")),
        embed_scale_(m.filled("embed_scale", {}, m.config().number("/embed_scale"), vernier::per_tensor(),
                              VERNIER_ROLE_ACTIVATION)),
        act_out_(m.site("act_out")) {}

  vernier::Value forward(vernier::Context& c, vernier::Value input_ids) {
    const vernier::Value rows =
        c.quantize(embedding_, vernier::ops::embedding(c, c.weight(weight_), input_ids));
    return c.quantize(act_out_, vernier::ops::mul(c, rows, c.weight(embed_scale_)));
  }

 private:
  vernier::Parameter weight_;
  vernier::Site embedding_;
  vernier::Parameter embed_scale_;
  vernier::Site act_out_;
};
