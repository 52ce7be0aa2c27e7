// What the text wrappers read of a Gemma4 text config, and what follows from it for one layer. The config is
// the module's own, or stands in it under `text_config`, as in the config.json of a multimodal model.
#pragma once

#include <algorithm>
#include <string>

#include "blocks/attention.h"
#include "blocks/projection.h"
#include "blocks/rotary.h"

namespace gemma4 {

inline vernier::Options text_config(const vernier::Module& m) {
  return m.config().has("/text_config") ? m.config().at("/text_config") : m.config();
}

// "layout", a key of ours beside the text config: "reference" (the default) is as transformers computes,
// "npu" has no batches of heads and wants sines whose first half is negated.
struct Layout {
  std::string name;
  blocks::Products products;
  blocks::Sine sine;
};

inline Layout layout(const vernier::Module& m) {
  const std::string name = m.config().text("/layout", "reference");
  if (name == "reference") return {name, blocks::Products::kBatched, blocks::Sine::kPlain};
  if (name == "npu") return {name, blocks::Products::kUnrolled, blocks::Sine::kFirstHalfNegated};
  throw vernier::invalid_argument("layout \"" + name + "\": Gemma4's text wrappers know reference and npu");
}

inline std::string at_layer(std::string_view key, int64_t layer) {
  return "/" + std::string(key) + "/" + std::to_string(layer);
}

// One decoder layer.
struct TextLayer {
  std::string type;          // sliding_attention or full_attention
  int64_t heads, key_heads;  // of queries; of keys and values
  int64_t head_dim;
  int64_t intermediate_size;
  bool has_values_of_keys;  // attention_k_eq_v: values are the keys' projection, normed without weight
  int64_t source = -1;      // of a consumer: the layer whose keys and values it reads

  [[nodiscard]] bool is_full() const { return type == "full_attention"; }
  [[nodiscard]] bool is_consumer() const { return source >= 0; }
};

inline int64_t layer_count(const vernier::Options& text) {
  const int64_t layers = text.integer("/num_hidden_layers");
  if (layers <= 0) throw vernier::invalid_argument("num_hidden_layers is positive");
  return layers;
}

// Without layer_types every sixth layer is full; the last one always is.
inline std::string layer_type(const vernier::Options& text, int64_t layer) {
  if (layer == layer_count(text) - 1) return "full_attention";
  if (!text.has("/layer_types")) return (layer + 1) % 6 == 0 ? "full_attention" : "sliding_attention";
  std::string type = text.text(at_layer("layer_types", layer));
  if (type != "full_attention" && type != "sliding_attention")
    throw vernier::unimplemented("layer_types: \"" + type +
                                 "\"; Gemma4's are full_attention and sliding_attention");
  return type;
}

// The layer whose keys and values this one reads: the last of its type before those that read. -1: its own.
inline int64_t source_layer(const vernier::Options& text, int64_t layer, const std::string& type) {
  const int64_t readers = text.integer("/num_kv_shared_layers", 0);
  const int64_t owners = layer_count(text) - readers;
  if (readers <= 0 || layer < owners) return -1;
  for (int64_t owner = owners - 1; owner >= 0; --owner) {
    if (layer_type(text, owner) == type) return owner;
  }
  throw vernier::invalid_argument("layer " + std::to_string(layer) + " reads keys and values of a " + type +
                                  " layer, and none of the " + std::to_string(owners) +
                                  " layers with keys of their own is one (num_kv_shared_layers)");
}

// Heads of full layers: transformers 5.12 and later write per_layer_config, published files global_head_dim
// and num_global_key_value_heads.
inline void read_heads(const vernier::Options& text, int64_t layer, TextLayer& result) {
  result.heads = text.integer("/num_attention_heads");
  result.key_heads = text.integer("/num_key_value_heads", result.heads);
  result.head_dim = text.integer("/head_dim");
  if (text.has("/per_layer_config")) {
    const std::string own = at_layer("per_layer_config", layer);
    result.head_dim = text.integer(own + "/head_dim", result.head_dim);
    result.key_heads = text.integer(own + "/num_key_value_heads", result.key_heads);
  } else if (result.is_full()) {
    result.head_dim = text.integer("/global_head_dim", 512);
    if (result.has_values_of_keys)
      result.key_heads = text.integer("/num_global_key_value_heads", result.key_heads);
  }
}

// A config whose layers were taken out by hand may still name all of them: which of the names stay is then
// anybody's guess.
inline void require_a_type_for_each_layer(const vernier::Options& text) {
  if (!text.has("/layer_types")) return;
  const auto types = static_cast<int64_t>(text.count("/layer_types"));
  if (types != layer_count(text))
    throw vernier::invalid_argument("layer_types names " + std::to_string(types) +
                                    " layers, num_hidden_layers says " + std::to_string(layer_count(text)));
}

inline TextLayer text_layer(const vernier::Options& text, int64_t layer) {
  require_a_type_for_each_layer(text);
  if (layer < 0 || layer >= layer_count(text))
    throw vernier::invalid_argument("layer_idx " + std::to_string(layer) + " of " +
                                    std::to_string(layer_count(text)) + " layers");
  if (text.boolean("/enable_moe_block", false))
    throw vernier::unimplemented("enable_moe_block: Gemma4's text wrappers know dense layers only");
  if (text.text("/use_bidirectional_attention", "") == "all")
    throw vernier::unimplemented("use_bidirectional_attention \"all\": Gemma4's text wrappers are causal");
  TextLayer result{};
  result.type = layer_type(text, layer);
  result.has_values_of_keys = text.boolean("/attention_k_eq_v", false) && result.is_full();
  read_heads(text, layer, result);
  result.source = source_layer(text, layer, result.type);
  const bool is_double = text.boolean("/use_double_wide_mlp", false) && result.is_consumer();
  result.intermediate_size = text.integer("/intermediate_size", -1) * (is_double ? 2 : 1);
  return result;
}

inline double norm_eps(const vernier::Options& text) { return text.number("/rms_norm_eps", 1e-6); }

inline vernier::Child norm(vernier::Module& m, std::string_view name, int64_t dim,
                           const vernier::Options& text, bool with_scale = true) {
  return m.child(name, "Gemma4RMSNorm", {{"dim", dim}, {"eps", norm_eps(text)}, {"with_scale", with_scale}});
}

// "gelu_pytorch_tanh" (the default) or "gelu", as ops::gelu calls it.
inline std::string gelu_form(const vernier::Options& config, const std::string& type) {
  const std::string activation = config.text("/hidden_activation", "gelu_pytorch_tanh");
  if (activation == "gelu_pytorch_tanh") return "tanh";
  if (activation == "gelu") return "none";
  throw vernier::unimplemented("hidden_activation \"" + activation + "\": " + type +
                               " knows gelu_pytorch_tanh and gelu");
}

}  // namespace gemma4
