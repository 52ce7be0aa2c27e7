// The decoder layers of both phases of text, what they get besides hidden states, and their caches.
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

class DecoderSteps {
 public:
  DecoderSteps(vernier::ProgramDocument& document, const Model& model, const Profile& profile)
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
  void declare_units(const TextPhase& phase) {
    const std::string ple = text_.per_layer > 0 ? "_ple" : "";
    for (size_t i = 0; i < text_.layers.size(); ++i) {
      const bool reads = text_.layers[i].is_consumer();
      vernier::ProgramDocument::Unit unit{unit_name(phase, i),
                                          text_.path + ".layers." + std::to_string(i),
                                          phase.name + (reads ? "_shared" : "") + ple,
                                          {"hidden_states", "attention_mask", "cos", "sin"},
                                          {"hidden"}};
      if (!ple.empty()) unit.inputs.emplace_back("per_layer_input");
      if (reads)
        unit.inputs.insert(unit.inputs.end(), {"shared_k", "shared_v"});
      else if (phase.name == "decode")
        unit.inputs.insert(unit.inputs.end(), {"past_k", "past_v"});
      if (!reads) unit.outputs.insert(unit.outputs.end(), {"new_k", "new_v"});
      declare(d_, profile_, unit);
    }
  }

  // A whole prompt: gives the last hidden states, and fills the caches. `shares`: what each layer gets of the
  // per-layer embeddings; empty: the model has none.
  std::string prefill(const TextPhase& phase, std::string hidden, const std::vector<std::string>& shares) {
    std::map<std::string, Tables> tables;
    for (const auto& [type, rotary] : text_.rotary) {
      tables[type] = positions(phase, type, rotary, 0);
      tables[type].mask = phase.scratch(d_, "mask_" + type, {1, 1, phase.tokens, phase.tokens});
      d_.host("causal_mask", {}, {{"mask", tables[type].mask}},
              {{"window", window(type)}, {"depth", profile_.depth(model_)}});
    }
    std::map<int64_t, Keys> keys;  // of the prompt, by layer
    for (size_t i = 0; i < text_.layers.size(); ++i) {
      const gemma4::TextLayer& layer = text_.layers[i];
      std::vector<std::string> inputs = inputs_of(hidden, tables.at(layer.type), shares, i);
      if (layer.is_consumer()) add(inputs, keys.at(layer.source));
      hidden = run(phase, i, inputs, keys);
      if (layer.is_consumer()) continue;
      write_cache(i, keys.at(static_cast<int64_t>(i)),
                  {{"axis", 2}, {"count", "prompt"}, {"offset", 0}, {"ring", ring(layer)}});
    }
    return hidden;
  }

  // One token behind `past` others: the same. Caches are written when all layers have read them.
  std::string decode(const TextPhase& phase, std::string hidden, const std::vector<std::string>& shares) {
    std::map<std::string, Tables> tables;
    for (const auto& [type, rotary] : text_.rotary) tables[type] = decode_tables(phase, type, rotary);
    std::map<int64_t, Keys> keys, joined;  // of the token; of all tokens, where other layers read them
    for (size_t i = 0; i < text_.layers.size(); ++i) {
      const gemma4::TextLayer& layer = text_.layers[i];
      const auto own = static_cast<int64_t>(i);
      std::vector<std::string> inputs = inputs_of(hidden, tables.at(layer.type), shares, i);
      add(inputs, layer.is_consumer() ? joined.at(layer.source) : cache(i));
      hidden = run(phase, i, inputs, keys);
      if (!layer.is_consumer() && text_.has_consumers(own)) joined[own] = join(phase, i, keys.at(own));
    }
    // Nobody reads the keys of the context's last token, for which there is no slot.
    for (const auto& [layer, own] : keys)
      write_cache(static_cast<size_t>(layer), own,
                  {{"axis", 2},
                   {"count", 1},
                   {"offset", "past"},
                   {"ring", ring(text_.layers[static_cast<size_t>(layer)])},
                   {"beyond", "drop"}});
    return hidden;
  }

 private:
  // Buffers.
  struct Tables {
    std::string mask, cos, sin;
  };
  struct Keys {
    std::string key, value;
  };

  static std::string unit_name(const TextPhase& phase, size_t layer) {
    return "decoder_layer_" + phase.name + "_" + std::to_string(layer);
  }
  static Keys cache(size_t layer) {
    return {"cache.key_" + std::to_string(layer), "cache.value_" + std::to_string(layer)};
  }
  static void add(std::vector<std::string>& inputs, const Keys& keys) {
    inputs.push_back(keys.key);
    inputs.push_back(keys.value);
  }
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

  static std::vector<std::string> inputs_of(const std::string& hidden, const Tables& tables,
                                            const std::vector<std::string>& shares, size_t layer) {
    std::vector<std::string> inputs = {hidden, tables.mask, tables.cos, tables.sin};
    if (!shares.empty()) inputs.push_back(shares[layer]);
    return inputs;
  }
  // Gives the next hidden states, and adds an owner's new keys and values to `keys`.
  std::string run(const TextPhase& phase, size_t index, const std::vector<std::string>& inputs,
                  std::map<int64_t, Keys>& keys) {
    const gemma4::TextLayer& layer = text_.layers[index];
    const std::string number = std::to_string(index);
    std::vector<std::string> outputs = {
        phase.scratch(d_, "hidden_" + std::to_string(index + 1), {1, phase.tokens, text_.hidden})};
    if (!layer.is_consumer()) {
      const std::vector<int64_t> shape = {1, layer.key_heads, phase.tokens, layer.head_dim};
      const Keys own = {phase.scratch(d_, "key_" + number, shape),
                        phase.scratch(d_, "value_" + number, shape)};
      keys[static_cast<int64_t>(index)] = own;
      add(outputs, own);
    }
    d_.run(unit_name(phase, index), inputs, outputs);
    return outputs[0];
  }
  void write_cache(size_t layer, const Keys& keys, const vernier::Config& arguments) {
    const Keys into = cache(layer);
    d_.host("write_rows", {{"rows", keys.key}}, {{"into", into.key}}, arguments);
    d_.host("write_rows", {{"rows", keys.value}}, {{"into", into.value}}, arguments);
  }
  // What readers of this layer's keys see: those of the tokens before, and the token's own behind them.
  Keys join(const TextPhase& phase, size_t index, const Keys& keys) {
    const gemma4::TextLayer& layer = text_.layers[index];
    const std::vector<int64_t> shape = {1, layer.key_heads, profile_.slots(model_, layer.type) + 1,
                                        layer.head_dim};
    const std::string number = std::to_string(index);
    const Keys past = cache(index), result = {phase.scratch(d_, "shared_key_" + number, shape),
                                              phase.scratch(d_, "shared_value_" + number, shape)};
    d_.host("concat", {{"first", past.key}, {"second", keys.key}}, {{"joined", result.key}}, {{"axis", 2}});
    d_.host("concat", {{"first", past.value}, {"second", keys.value}}, {{"joined", result.value}},
            {{"axis", 2}});
    return result;
  }

  vernier::ProgramDocument& d_;
  const Model& model_;
  const Text& text_;
  const Profile& profile_;
};

}  // namespace gemma4_program
