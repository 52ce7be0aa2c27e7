// BertPooler and BertModel.
//
// BertModel takes input_ids, int32 or int64 [batch, tokens], and attention_mask, float32 [batch, tokens], 1
// for a token and 0 for padding. It gives the last hidden state [batch, tokens, hidden] and, where
// add_pooling_layer is true (the default), the pooler's output [batch, hidden]. README.md says why the mask
// is what it is. Config: config.json's, and add_pooling_layer, layer_norm_form.
#pragma once

#include <vector>

#include "config.h"

class BertPooler : public vernier::Wrapper {
 public:
  explicit BertPooler(vernier::Module& m)
      : dense_(bert::linear(m, "dense", bert::hidden_size(m), bert::hidden_size(m))),
        activation_(m.child("activation", "Tanh", {})) {}
  vernier::Value forward(vernier::Context& c, vernier::Value hidden_states) {
    const std::vector<int64_t> shape = c.shape(hidden_states);
    if (shape.size() != 3)
      throw vernier::invalid_argument(
          "BertPooler wants hidden_states of shape [batch, tokens, hidden], not of rank " +
          std::to_string(shape.size()));
    const vernier::Value first = vernier::ops::slice(c, hidden_states, 1, 0, 1);
    return activation_(c, dense_(c, vernier::ops::reshape(c, first, {shape[0], shape[2]})));
  }

 private:
  vernier::Child dense_, activation_;
};

class BertModel : public vernier::Wrapper {
 public:
  explicit BertModel(vernier::Module& m)
      : embeddings_(m.child("embeddings", "BertEmbeddings", m.config())),
        mask_in_(m.site("attention_mask", bert::sixteen_bits())),
        one_(filled(m, "one", 1.0)),
        hidden_(m.site("hidden", bert::sixteen_bits())),
        depth_(filled(m, "depth", blocks::kMaskDepth)),
        mask_(m.site("mask", bert::sixteen_bits())),
        encoder_(m.child("encoder", "BertEncoder", m.config())),
        has_pooler_(m.config().boolean("/add_pooling_layer", true)) {
    if (has_pooler_) pooler_ = m.child("pooler", "BertPooler", m.config());
  }

  std::vector<vernier::Value> forward(vernier::Context& c, vernier::Value input_ids,
                                      vernier::Value attention_mask) {
    const vernier::Value hidden = encoder_(c, embeddings_(c, input_ids), additive(c, attention_mask));
    if (!has_pooler_) return {hidden};
    return {hidden, pooler_(c, hidden)};
  }

 private:
  static vernier::Parameter filled(vernier::Module& m, std::string_view name, double value) {
    return m.filled(name, {}, value, bert::sixteen_bits(), VERNIER_ROLE_ACTIVATION);
  }

  // (mask - 1) * depth as [batch, 1, 1, tokens].
  vernier::Value additive(vernier::Context& c, vernier::Value attention_mask) {
    namespace ops = vernier::ops;
    const std::vector<int64_t> shape = c.shape(attention_mask);
    if (shape.size() != 2)
      throw vernier::invalid_argument(
          "BertModel wants an attention_mask of shape [batch, tokens], not of rank " +
          std::to_string(shape.size()));
    const vernier::Value hidden =
        c.quantize(hidden_, ops::sub(c, c.quantize(mask_in_, attention_mask), c.weight(one_)));
    return ops::reshape(c, c.quantize(mask_, ops::mul(c, hidden, c.weight(depth_))),
                        {shape[0], 1, 1, shape[1]});
  }

  vernier::Child embeddings_;
  vernier::Site mask_in_;
  vernier::Parameter one_;
  vernier::Site hidden_;
  vernier::Parameter depth_;
  vernier::Site mask_;
  vernier::Child encoder_;
  bool has_pooler_;
  vernier::Child pooler_;
};
