// BertSelfAttention, BertSelfOutput and BertAttention. `attention_mask` is added to the scores: 0 where a
// token may be seen, else a number far below every score (BertModel makes it).
//
// The scale 1/sqrt(head size) is applied to the query, not to the scores: that is the smaller tensor, and the
// result is the same because the codes of a scaled tensor are the same codes. Config: hidden_size,
// num_attention_heads, layer_norm_eps.
#pragma once

#include <cmath>
#include <vector>

#include "blocks/attention.h"
#include "blocks/scaled.h"
#include "config.h"

class BertSelfAttention : public vernier::Wrapper {
 public:
  explicit BertSelfAttention(vernier::Module& m)
      : heads_(m.config().integer("/num_attention_heads")),
        size_(head_size(m, heads_)),
        query_(bert::linear(m, "query", bert::hidden_size(m), bert::hidden_size(m))),
        key_(bert::linear(m, "key", bert::hidden_size(m), bert::hidden_size(m))),
        value_(bert::linear(m, "value", bert::hidden_size(m), bert::hidden_size(m))),
        scaled_query_(m, "scale", 1.0 / std::sqrt(static_cast<double>(size_)), "scaled_query"),
        attention_(m, {heads_, heads_, size_}) {}

  vernier::Value forward(vernier::Context& c, vernier::Value hidden_states, vernier::Value attention_mask) {
    const vernier::Value query = scaled_query_(c, split(c, query_(c, hidden_states), {0, 2, 1, 3}));
    const vernier::Value key = split(c, key_(c, hidden_states), {0, 2, 3, 1});
    const vernier::Value value = split(c, value_(c, hidden_states), {0, 2, 1, 3});
    return attention_(c, query, key, value, attention_mask);
  }

 private:
  static int64_t head_size(const vernier::Module& m, int64_t heads) {
    const int64_t hidden = bert::hidden_size(m);
    if (heads <= 0 || hidden % heads != 0)
      throw vernier::invalid_argument("hidden_size is no multiple of num_attention_heads");
    return hidden / heads;
  }
  vernier::Value split(vernier::Context& c, vernier::Value x, const std::vector<int64_t>& axes) const {
    return blocks::split_heads(c, x, heads_, size_, axes, "BertSelfAttention");
  }

  int64_t heads_, size_;
  vernier::Child query_, key_, value_;
  blocks::Scaled scaled_query_;
  blocks::GroupedAttention attention_;
};

// Linear, residual, LayerNorm. The sum is observed at LayerNorm/act_in. Config: hidden_size; BertOutput:
// intermediate_size, too.
class BertResidual : public vernier::Wrapper {
 public:
  BertResidual(vernier::Module& m, int64_t in)
      : dense_(bert::linear(m, "dense", in, bert::hidden_size(m))), norm_(bert::layer_norm(m)) {}
  vernier::Value forward(vernier::Context& c, vernier::Value hidden_states, vernier::Value input_tensor) {
    return norm_(c, vernier::ops::add(c, dense_(c, hidden_states), input_tensor));
  }

 private:
  vernier::Child dense_, norm_;
};

class BertSelfOutput : public vernier::Wrapper {
 public:
  explicit BertSelfOutput(vernier::Module& m) : residual_(m, bert::hidden_size(m)) {}
  vernier::Value forward(vernier::Context& c, vernier::Value hidden_states, vernier::Value input_tensor) {
    return residual_.forward(c, hidden_states, input_tensor);
  }

 private:
  BertResidual residual_;
};

class BertAttention : public vernier::Wrapper {
 public:
  explicit BertAttention(vernier::Module& m)
      : self_(m.child("self", "BertSelfAttention", m.config())),
        output_(m.child("output", "BertSelfOutput", m.config())) {}
  vernier::Value forward(vernier::Context& c, vernier::Value hidden_states, vernier::Value attention_mask) {
    return output_(c, self_(c, hidden_states, attention_mask), hidden_states);
  }

 private:
  vernier::Child self_, output_;
};
