// BertSelfAttention, BertSelfOutput and BertAttention. `attention_mask` is added to the scores: 0 where a
// token may be seen, else a number far below every score (BertModel makes it).
//
// The scale 1/sqrt(head size) is applied to the query, not to the scores: that is the smaller tensor, and the
// result is the same because the codes of a scaled tensor are the same codes. Config: hidden_size,
// num_attention_heads, layer_norm_eps.
#pragma once

#include <cmath>

#include "config.h"

class BertSelfAttention : public vernier::Wrapper {
 public:
  explicit BertSelfAttention(vernier::Module& m)
      : heads_(m.config().integer("/num_attention_heads")),
        head_size_(heads_ > 0 ? bert::hidden_size(m) / heads_ : 0),
        query_(bert::linear(m, "query", bert::hidden_size(m), bert::hidden_size(m))),
        key_(bert::linear(m, "key", bert::hidden_size(m), bert::hidden_size(m))),
        value_(bert::linear(m, "value", bert::hidden_size(m), bert::hidden_size(m))),
        scale_(m.filled("scale", {}, 1.0 / std::sqrt(static_cast<double>(head_size_)), vernier::per_tensor(),
                        VERNIER_ROLE_ACTIVATION)),
        scaled_query_(m.site("scaled_query")),
        mask_(m.site("mask", bert::sixteen_bits())),
        scores_(m.site("scores")),
        masked_scores_(m.site("masked_scores", bert::sixteen_bits())),
        probabilities_(m.site("probabilities")),
        context_(m.site("context")) {
    if (head_size_ * heads_ != bert::hidden_size(m))
      throw vernier::invalid_argument("hidden_size is no multiple of num_attention_heads");
  }

  vernier::Value forward(vernier::Context& c, vernier::Value hidden_states, vernier::Value attention_mask) {
    namespace ops = vernier::ops;
    const vernier::Value query = c.quantize(
        scaled_query_, ops::mul(c, split(c, query_(c, hidden_states), {0, 2, 1, 3}), c.weight(scale_)));
    const vernier::Value key = split(c, key_(c, hidden_states), {0, 2, 3, 1});
    const vernier::Value value = split(c, value_(c, hidden_states), {0, 2, 1, 3});
    const vernier::Value scores = c.quantize(scores_, ops::matmul(c, query, key));
    const vernier::Value masked =
        c.quantize(masked_scores_, ops::add(c, scores, c.quantize(mask_, attention_mask)));
    const vernier::Value probabilities = c.quantize(probabilities_, ops::softmax(c, masked, -1));
    const vernier::Value context = c.quantize(context_, ops::matmul(c, probabilities, value));
    const std::vector<int64_t> shape = c.shape(hidden_states);
    return ops::reshape(c, ops::permute(c, context, {0, 2, 1, 3}), {shape[0], shape[1], heads_ * head_size_});
  }

 private:
  // [batch, tokens, hidden] as [batch, tokens, heads, head size], its axes put in this order.
  vernier::Value split(vernier::Context& c, vernier::Value x, const std::vector<int64_t>& axes) const {
    const std::vector<int64_t> shape = c.shape(x);
    if (shape.size() != 3)
      throw vernier::invalid_argument(
          "BertSelfAttention wants hidden_states of shape [batch, tokens, hidden], not of rank " +
          std::to_string(shape.size()));
    return vernier::ops::permute(c, vernier::ops::reshape(c, x, {shape[0], shape[1], heads_, head_size_}),
                                 axes);
  }

  int64_t heads_;
  int64_t head_size_;
  vernier::Child query_, key_, value_;
  vernier::Parameter scale_;
  vernier::Site scaled_query_, mask_, scores_, masked_scores_, probabilities_, context_;
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
