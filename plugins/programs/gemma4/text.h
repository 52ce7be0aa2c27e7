// What the program reads of a text config: layers, sizes, positions.
#pragma once

#include <cmath>
#include <map>
#include <string>
#include <vector>

#include "config_keys.h"
#include "wrappers/gemma4/text_config.h"

namespace gemma4_program {

// Positions of one type of layer, as arguments of the host step rotary_table.
struct Rotary {
  int64_t head_dim = 0;
  double theta = 0;
  bool is_proportional = false;
  int64_t rotary_dim = 0;  // where it is
  double factor = 1;
};

struct Text {
  std::string path;  // of Gemma4TextModel in the tree
  int64_t hidden = 0, vocabulary = 0, window = 0, pad = 0;
  int64_t per_layer = 0;             // columns of a layer's share of the per-layer embeddings; 0: none
  int64_t per_layer_vocabulary = 0;  // rows of their table
  double softcap = 0;                // 0: none
  std::vector<gemma4::TextLayer> layers;
  std::map<std::string, Rotary> rotary;  // by type of layer

  [[nodiscard]] bool has_consumers(int64_t source) const {
    for (const gemma4::TextLayer& one : layers) {
      if (one.source == source) return true;
    }
    return false;
  }
};

inline Rotary rotary_of(const vernier::Options& text, const gemma4::TextLayer& layer) {
  const std::string where = "/rope_parameters/" + layer.type;
  const std::string kind = text.text(where + "/rope_type", layer.is_full() ? "proportional" : "default");
  Rotary result;
  result.head_dim = layer.head_dim;
  result.theta = text.number(where + "/rope_theta", layer.is_full() ? 1e6 : 1e4);
  if (kind == "default") return result;
  if (kind != "proportional")
    throw unserved(where + "/rope_type", "\"" + kind + "\"; served are default and proportional");
  const double share = text.number(where + "/partial_rotary_factor", layer.is_full() ? 0.25 : 1.0);
  result.is_proportional = true;
  result.rotary_dim = 2 * static_cast<int64_t>(std::floor(share * static_cast<double>(layer.head_dim) / 2));
  result.factor = text.number(where + "/factor", 1.0);
  if (result.rotary_dim <= 0 || result.rotary_dim > layer.head_dim)
    throw vernier::invalid_argument(where +
                                    "/partial_rotary_factor: no pair of a head turns, or more than it has");
  return result;
}

inline void refuse_unserved(const vernier::Options& text) {
  if (text.boolean("/enable_moe_block", false))
    throw unserved("/enable_moe_block", "mixtures of experts; served are dense layers");
  if (text.text("/use_bidirectional_attention", "") == "all")
    throw unserved("/use_bidirectional_attention", "\"all\"; tokens are made one after the other");
}

// `text`: the text config; `path`: of its model in the tree.
inline Text read_text(const vernier::Options& text, const std::string& path) {
  refuse_unserved(text);
  Text result;
  result.path = path;
  result.hidden = text.integer("/hidden_size");
  result.vocabulary = text.integer("/vocab_size");
  result.window = text.integer("/sliding_window", 512);
  result.pad = text.integer("/pad_token_id", 0);
  result.per_layer = text.integer("/hidden_size_per_layer_input", 0);
  result.per_layer_vocabulary = text.integer("/vocab_size_per_layer_input", result.vocabulary);
  result.softcap = text.number("/final_logit_softcapping", 0);
  for (int64_t i = 0; i < gemma4::layer_count(text); ++i) {
    const gemma4::TextLayer layer = gemma4::text_layer(text, i);
    const Rotary& known = result.rotary.try_emplace(layer.type, rotary_of(text, layer)).first->second;
    if (known.head_dim != layer.head_dim)
      throw unserved("/per_layer_config", layer.type + " layers with heads of different sizes");
    result.layers.push_back(layer);
  }
  if (result.hidden <= 0 || result.vocabulary <= 0 || result.per_layer_vocabulary <= 0)
    throw vernier::invalid_argument("hidden_size and vocab_size are positive");
  if (result.per_layer > 0 && result.per_layer_vocabulary < result.vocabulary)
    throw unserved("/vocab_size_per_layer_input",
                   std::to_string(result.per_layer_vocabulary) + " rows for a vocabulary of " +
                       std::to_string(result.vocabulary) +
                       "; served are tables with a row for each token, which a token that was added lacks");
  if (result.window <= 0) throw vernier::invalid_argument("/sliding_window: positive, where layers slide");
  return result;
}

}  // namespace gemma4_program
