// What the wrappers of BERT read from config.json, and the configs of the children that are no BERT modules.
#pragma once

#include <string>

#include "blocks/projection.h"
#include "blocks/site_defaults.h"

namespace bert {

inline int64_t hidden_size(const vernier::Module& m) { return m.config().integer("/hidden_size"); }
inline int64_t intermediate_size(const vernier::Module& m) {
  return m.config().integer("/intermediate_size");
}

inline vernier::Child linear(vernier::Module& m, std::string_view name, int64_t in, int64_t out) {
  return blocks::projection(m, name, in, out, true);
}

// "layer_norm_form" chooses the form of every LayerNorm (see wrappers/nn/layer_norm.h).
inline vernier::Child layer_norm(vernier::Module& m) {
  return m.child("LayerNorm", "LayerNorm",
                 {{"dim", hidden_size(m)},
                  {"eps", m.config().number("/layer_norm_eps", 1e-12)},
                  {"form", m.config().text("/layer_norm_form", "decomposed")}});
}

// The module that config.json calls `hidden_act`.
inline vernier::Child activation(vernier::Module& m, std::string_view name) {
  const std::string wanted = m.config().text("/hidden_act", "gelu");
  if (wanted == "gelu") return m.child(name, "GELU", {{"approximate", "none"}});
  if (wanted == "gelu_new" || wanted == "gelu_pytorch_tanh")
    return m.child(name, "GELU", {{"approximate", "tanh"}});
  if (wanted == "relu") return m.child(name, "ReLU", {});
  if (wanted == "silu" || wanted == "swish") return m.child(name, "SiLU", {});
  throw vernier::invalid_argument("hidden_act \"" + wanted +
                                  "\"; known are gelu, gelu_new, gelu_pytorch_tanh, relu, silu");
}

using blocks::sixteen_bits;

}  // namespace bert
