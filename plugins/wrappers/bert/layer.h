// BertIntermediate, BertOutput, BertLayer and BertEncoder. Config: that of attention.h, and
// intermediate_size, hidden_act, num_hidden_layers.
#pragma once

#include <string>
#include <vector>

#include "attention.h"

class BertIntermediate : public vernier::Wrapper {
 public:
  explicit BertIntermediate(vernier::Module& m)
      : dense_(bert::linear(m, "dense", bert::hidden_size(m), bert::intermediate_size(m))),
        activation_(bert::activation(m, "intermediate_act_fn")) {}
  vernier::Value forward(vernier::Context& c, vernier::Value hidden_states) {
    return activation_(c, dense_(c, hidden_states));
  }

 private:
  vernier::Child dense_, activation_;
};

class BertOutput : public vernier::Wrapper {
 public:
  explicit BertOutput(vernier::Module& m) : residual_(m, bert::intermediate_size(m)) {}
  vernier::Value forward(vernier::Context& c, vernier::Value hidden_states, vernier::Value input_tensor) {
    return residual_.forward(c, hidden_states, input_tensor);
  }

 private:
  BertResidual residual_;
};

class BertLayer : public vernier::Wrapper {
 public:
  explicit BertLayer(vernier::Module& m)
      : attention_(m.child("attention", "BertAttention", m.config())),
        intermediate_(m.child("intermediate", "BertIntermediate", m.config())),
        output_(m.child("output", "BertOutput", m.config())) {}
  vernier::Value forward(vernier::Context& c, vernier::Value hidden_states, vernier::Value attention_mask) {
    const vernier::Value attended = attention_(c, hidden_states, attention_mask);
    return output_(c, intermediate_(c, attended), attended);
  }

 private:
  vernier::Child attention_, intermediate_, output_;
};

class BertEncoder : public vernier::Wrapper {
 public:
  explicit BertEncoder(vernier::Module& m) {
    const int64_t layers = m.config().integer("/num_hidden_layers");
    for (int64_t i = 0; i < layers; ++i)
      layers_.push_back(m.child("layer." + std::to_string(i), "BertLayer", m.config()));
  }
  vernier::Value forward(vernier::Context& c, vernier::Value hidden_states, vernier::Value attention_mask) {
    for (const vernier::Child& layer : layers_) hidden_states = layer(c, hidden_states, attention_mask);
    return hidden_states;
  }

 private:
  std::vector<vernier::Child> layers_;
};
