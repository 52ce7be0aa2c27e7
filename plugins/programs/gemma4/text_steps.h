// What the decoder layers of both phases of text need besides hidden states, however they are cut into units:
// positions and masks by type of layer, and caches.
#pragma once

#include <vernier/draft/program_document.h>

#include <map>
#include <string>
#include <vector>

#include "tico_names.h"

namespace gemma4_program {

// One of the two phases of text: what its units and buffers are called after, and how many tokens it runs.
struct TextPhase {
  std::string name;  // prefill or decode
  int64_t tokens;

  std::string scratch(vernier::ProgramDocument& document, const std::string& buffer,
                      const std::vector<int64_t>& shape, const char* dtype = "float32") const {
    return document.buffer(name + "." + buffer, dtype, shape, "scratch");
  }
};

class TextSteps {
 public:
  TextSteps(vernier::ProgramDocument& document, const Model& model, const Profile& profile)
      : d_(document), model_(model), text_(model.text), profile_(profile) {}

  // Buffers of the layers that have keys of their own.
  void declare_caches() {
    for (size_t i = 0; i < text_.layers.size(); ++i) {
      const gemma4::TextLayer& layer = text_.layers[i];
      if (layer.is_consumer()) continue;
      const std::vector<int64_t> shape = {1, layer.key_heads, profile_.slots(model_, layer.type),
                                          layer.head_dim};
      for (const std::string& name : {cache(i).key, cache(i).value})
        d_.buffer(name, "float32", shape, "state", {{"fill", 0}});
    }
  }

 protected:
  // Buffers.
  struct Tables {
    std::string mask, cos, sin;
  };
  struct Keys {
    std::string key, value;
  };
  using TablesByType = std::map<std::string, Tables>;

  // Of a whole prompt; of a token behind `past` others.
  TablesByType prefill_tables(const TextPhase& phase) {
    TablesByType tables;
    for (const auto& [type, rotary] : text_.rotary) {
      tables[type] = positions(phase, type, rotary, 0);
      tables[type].mask = phase.scratch(d_, "mask_" + type, {1, 1, phase.tokens, phase.tokens});
      d_.host("causal_mask", {}, {{"mask", tables[type].mask}},
              {{"window", window(type)}, {"depth", profile_.depth(model_)}});
    }
    return tables;
  }
  TablesByType decode_tables(const TextPhase& phase) {
    TablesByType tables;
    for (const auto& [type, rotary] : text_.rotary) tables[type] = decode_tables(phase, type, rotary);
    return tables;
  }

  static Keys cache(size_t layer) {
    return {"cache.key_" + std::to_string(layer), "cache.value_" + std::to_string(layer)};
  }
  // Of these tokens, for a layer with keys of its own.
  Keys own_keys(const TextPhase& phase, size_t index) {
    const gemma4::TextLayer& layer = text_.layers[index];
    const std::vector<int64_t> shape = {1, layer.key_heads, phase.tokens, layer.head_dim};
    const std::string number = std::to_string(index);
    return {phase.scratch(d_, "key_" + number, shape), phase.scratch(d_, "value_" + number, shape)};
  }
  void cache_prompt(size_t layer, const Keys& keys) {
    write_cache(layer, keys,
                {{"axis", 2}, {"count", "prompt"}, {"offset", 0}, {"ring", ring(text_.layers[layer])}});
  }
  // Nobody reads the keys of the context's last token, for which there is no slot.
  void cache_token(size_t layer, const Keys& keys) {
    write_cache(layer, keys,
                {{"axis", 2},
                 {"count", 1},
                 {"offset", "past"},
                 {"ring", ring(text_.layers[layer])},
                 {"beyond", "drop"}});
  }

  vernier::ProgramDocument& d_;
  const Model& model_;
  const Text& text_;
  const Profile& profile_;

 private:
  [[nodiscard]] int64_t window(const std::string& type) const {
    return type == "sliding_attention" ? text_.window : 0;
  }
  [[nodiscard]] int64_t ring(const gemma4::TextLayer& layer) const {
    return profile_.ring(model_, layer.type);
  }

  // `first`: the position of the first token.
  Tables positions(const TextPhase& phase, const std::string& type, const Rotary& rotary,
                   const vernier::Config::Entry& first) {
    Tables tables;
    tables.cos = phase.scratch(d_, "cos_" + type, {1, phase.tokens, rotary.head_dim});
    tables.sin = phase.scratch(d_, "sin_" + type, {1, phase.tokens, rotary.head_dim});
    const vernier::ProgramDocument::Wires outputs = {{"cos", tables.cos}, {"sin", tables.sin}};
    if (rotary.is_proportional)
      d_.host("rotary_table", {}, outputs,
              {{"first", first},
               {"theta", rotary.theta},
               {"kind", "proportional"},
               {"rotary_dim", rotary.rotary_dim},
               {"factor", rotary.factor},
               {"negated", model_.negates()}});
    else
      d_.host("rotary_table", {}, outputs,
              {{"first", first}, {"theta", rotary.theta}, {"negated", model_.negates()}});
    return tables;
  }
  Tables decode_tables(const TextPhase& phase, const std::string& type, const Rotary& rotary) {
    Tables tables = positions(phase, type, rotary, "past");
    std::vector<int64_t> shape = {1, 1, profile_.slots(model_, type) + 1};
    if (!profile_.is_tico) shape.insert(shape.begin(), 1);
    tables.mask = phase.scratch(d_, "mask_" + type, shape);
    d_.host("cache_mask", {}, {{"mask", tables.mask}},
            {{"past", "past"},
             {"window", window(type)},
             {"ring", profile_.ring(model_, type)},
             {"depth", profile_.depth(model_)}});
    return tables;
  }
  void write_cache(size_t layer, const Keys& keys, const vernier::Config& arguments) {
    const Keys into = cache(layer);
    d_.host("write_rows", {{"rows", keys.key}}, {{"into", into.key}}, arguments);
    d_.host("write_rows", {{"rows", keys.value}}, {{"into", into.value}}, arguments);
  }
};

}  // namespace gemma4_program
