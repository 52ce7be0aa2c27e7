// Rows of a table by index, as they are or times a constant.
#pragma once

#include <vernier/wrapper.h>

#include <string_view>

namespace blocks {

// The table and the site of the rows that are taken from it. Declares weight (per row) and the site `rows`.
// Reads num_embeddings, embedding_dim.
class Embedding {
 public:
  Embedding(vernier::Module& m, std::string_view rows)
      : weight_(m.parameter(
            "weight", {m.config().integer("/num_embeddings", -1), m.config().integer("/embedding_dim", -1)},
            vernier::per_channel(0))),
        rows_(m.site(rows)) {}

  // Integer indices [...] give [..., embedding_dim].
  vernier::Value operator()(vernier::Context& c, vernier::Value indices) const {
    return c.quantize(rows_, vernier::ops::embedding(c, c.weight(weight_), indices));
  }

 private:
  vernier::Parameter weight_;
  vernier::Site rows_;
};

}  // namespace blocks
