// What the wrappers of Gemma4's vision tower read from vision_config, and the children that they share.
#pragma once

#include <string>
#include <string_view>

#include "blocks/attention.h"

namespace gemma4_vision {

// A Linear between two clamps where use_clipped_linears is true.
inline vernier::Child clippable(vernier::Module& m, std::string_view name, int64_t in, int64_t out) {
  return m.child(name, "Gemma4ClippableLinear",
                 {{"in_features", in},
                  {"out_features", out},
                  {"use_clipped_linears", m.config().boolean("/use_clipped_linears", false)}});
}

inline vernier::Child norm(vernier::Module& m, std::string_view name, int64_t size, bool with_scale = true) {
  return m.child(
      name, "Gemma4RMSNorm",
      {{"dim", size}, {"eps", m.config().number("/rms_norm_eps", 1e-6)}, {"with_scale", with_scale}});
}

// Reads num_attention_heads, num_key_value_heads (default: as many), head_dim (default: hidden_size by
// heads). Throws VERNIER_INVALID_ARGUMENT where a head cannot be cut into two axes of pairs.
inline blocks::Heads heads(const vernier::Module& m) {
  const int64_t count = m.config().integer("/num_attention_heads");
  const int64_t hidden = m.config().integer("/hidden_size");
  const blocks::Heads result(count, m.config().integer("/num_key_value_heads", count),
                             m.config().integer("/head_dim", count > 0 ? hidden / count : 0));
  if (result.size % 4 == 0) return result;
  throw vernier::invalid_argument("a head turns pairs on two axes: its size is a multiple of 4, not " +
                                  std::to_string(result.size));
}

}  // namespace gemma4_vision
