// The decoder layers of both phases of text as units of their own: hidden states go from one to the next, and
// a layer that reads keys of another one gets them from the host.
#pragma once

#include <map>
#include <string>
#include <vector>

#include "text_steps.h"

namespace gemma4_program {

class DecoderSteps : public TextSteps {
 public:
  using TextSteps::TextSteps;

  void declare_units(const TextPhase& phase) {
    const std::string ple = text_.per_layer > 0 ? "_ple" : "";
    for (size_t i = 0; i < text_.layers.size(); ++i) {
      const bool reads = text_.layers[i].is_consumer();
      vernier::ProgramDocument::Unit unit{unit_name(phase, i),
                                          text_.path + ".layers." + std::to_string(i),
                                          phase.name + (reads ? "_shared" : "") + ple,
                                          {"hidden_states", "attention_mask", "cos", "sin"},
                                          {"hidden"},
                                          {{"group", "decoder_layer_" + std::to_string(i)}}};
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
    const TablesByType tables = prefill_tables(phase);
    std::map<int64_t, Keys> keys;  // of the prompt, by layer
    for (size_t i = 0; i < text_.layers.size(); ++i) {
      const gemma4::TextLayer& layer = text_.layers[i];
      std::vector<std::string> inputs = inputs_of(hidden, tables.at(layer.type), shares, i);
      if (layer.is_consumer()) add(inputs, keys.at(layer.source));
      hidden = run(phase, i, inputs, keys);
      if (!layer.is_consumer()) cache_prompt(i, keys.at(static_cast<int64_t>(i)));
    }
    return hidden;
  }

  // One token behind `past` others: the same. Caches are written when all layers have read them.
  std::string decode(const TextPhase& phase, std::string hidden, const std::vector<std::string>& shares) {
    const TablesByType tables = decode_tables(phase);
    std::map<int64_t, Keys> keys, joined;  // of the token; of all tokens, where other layers read them
    for (size_t i = 0; i < text_.layers.size(); ++i) {
      const gemma4::TextLayer& layer = text_.layers[i];
      const auto own = static_cast<int64_t>(i);
      std::vector<std::string> inputs = inputs_of(hidden, tables.at(layer.type), shares, i);
      add(inputs, layer.is_consumer() ? joined.at(layer.source) : cache(i));
      hidden = run(phase, i, inputs, keys);
      if (!layer.is_consumer() && text_.has_consumers(own)) joined[own] = join(phase, i, keys.at(own));
    }
    for (const auto& [layer, own] : keys) cache_token(static_cast<size_t>(layer), own);
    return hidden;
  }

 private:
  static std::string unit_name(const TextPhase& phase, size_t layer) {
    return "decoder_layer_" + phase.name + "_" + std::to_string(layer);
  }
  static void add(std::vector<std::string>& inputs, const Keys& keys) {
    inputs.push_back(keys.key);
    inputs.push_back(keys.value);
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
    std::vector<std::string> outputs = {
        phase.scratch(d_, "hidden_" + std::to_string(index + 1), {1, phase.tokens, text_.hidden})};
    if (!layer.is_consumer()) {
      const Keys own = own_keys(phase, index);
      keys[static_cast<int64_t>(index)] = own;
      add(outputs, own);
    }
    d_.run(unit_name(phase, index), inputs, outputs);
    return outputs[0];
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
};

}  // namespace gemma4_program
