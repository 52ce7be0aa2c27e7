// The frequencies of Llama's rotary embedding, out of its config: `rope_parameters` (transformers 5), or
// `rope_theta` beside `rope_scaling` (before).
#pragma once

#include <cmath>
#include <string>
#include <vector>

#include "blocks/rotary.h"

namespace llama {

// Llama 3.1's rule: pairs that turn slowly are stretched by `factor`, fast ones stay, those between are
// mixed.
inline std::vector<double> stretched(const vernier::Options& rope, std::vector<double> frequencies) {
  const double factor = rope.number("/factor"), low = rope.number("/low_freq_factor"),
               high = rope.number("/high_freq_factor"),
               trained = rope.number("/original_max_position_embeddings");
  if (factor <= 0 || low >= high)
    throw vernier::invalid_argument(
        "rope_type \"llama3\" wants a positive factor and low_freq_factor below high_freq_factor");
  for (double& frequency : frequencies) {
    // How often a pair turns within the trained length.
    const double turns = trained * frequency / (2 * std::acos(-1.0));
    if (turns > high) continue;
    const double kept = turns < low ? 0 : (turns - low) / (high - low);
    frequency *= (1 - kept) / factor + kept;
  }
  return frequencies;
}

// Throws VERNIER_UNIMPLEMENTED for a rope_type other than "default" and "llama3".
inline std::vector<double> frequencies(const vernier::Module& m, int64_t size) {
  const vernier::Options& config = m.config();
  const double theta = config.number("/rope_parameters/rope_theta", config.number("/rope_theta", 10000));
  std::vector<double> plain = blocks::rotary_frequencies(size, theta);
  const char* where = config.has("/rope_parameters") ? "/rope_parameters" : "/rope_scaling";
  if (!config.has(where)) return plain;
  const vernier::Options rope = config.at(where);
  const std::string type = rope.text("/rope_type", rope.text("/type", "default"));
  if (type == "default") return plain;
  if (type == "llama3") return stretched(rope, plain);
  throw vernier::unimplemented("rope_type \"" + type + "\": LlamaAttention knows default and llama3");
}

}  // namespace llama
