// All decoder layers of a phase of text as one unit: what layers give each other stays within its file, keys
// that are read by several layers too; caches are the host's.
#pragma once

#include <string>
#include <vector>

#include "text_steps.h"

namespace gemma4_program {

class StackSteps : public TextSteps {
 public:
  using TextSteps::TextSteps;

  void declare_units(const TextPhase& phase) {
    vernier::ProgramDocument::Unit unit{unit_name(phase),  text_.path, phase.name + "_stack",
                                        {"hidden_states"}, {"hidden"}, {{"group", "decoder_stack"}}};
    if (text_.per_layer > 0) {
      unit.entry += "_ple";
      unit.inputs.emplace_back("per_layer_inputs");
    }
    for (const char* table : {"attention_mask_", "cos_", "sin_"}) {
      for (const auto& [type, rotary] : text_.rotary) unit.inputs.push_back(table + type);
    }
    if (phase.name == "decode") add_names(unit.inputs, {"past_k_", "past_v_"});
    add_names(unit.outputs, {"new_k_", "new_v_"});
    declare(d_, profile_, unit);
  }

  // A whole prompt: gives the last hidden states, and fills the caches. `per_layer`: all of the per-layer
  // embeddings; empty: the model has none.
  std::string prefill(const TextPhase& phase, const std::string& hidden,
                      const std::vector<std::string>& per_layer) {
    const Made made = run(phase, inputs_of(hidden, per_layer, prefill_tables(phase)));
    for (size_t i = 0; i < made.keys.size(); ++i) cache_prompt(owners()[i], made.keys[i]);
    return made.hidden;
  }
  // One token behind `past` others: the same.
  std::string decode(const TextPhase& phase, const std::string& hidden,
                     const std::vector<std::string>& per_layer) {
    std::vector<std::string> inputs = inputs_of(hidden, per_layer, decode_tables(phase));
    for (const size_t layer : owners()) inputs.push_back(cache(layer).key);
    for (const size_t layer : owners()) inputs.push_back(cache(layer).value);
    const Made made = run(phase, inputs);
    for (size_t i = 0; i < made.keys.size(); ++i) cache_token(owners()[i], made.keys[i]);
    return made.hidden;
  }

 private:
  // Buffers that the unit writes.
  struct Made {
    std::string hidden;
    std::vector<Keys> keys;  // by owner
  };

  static std::string unit_name(const TextPhase& phase) { return "decoder_stack_" + phase.name; }

  // Layers that have keys of their own.
  [[nodiscard]] std::vector<size_t> owners() const {
    std::vector<size_t> result;
    for (size_t i = 0; i < text_.layers.size(); ++i) {
      if (!text_.layers[i].is_consumer()) result.push_back(i);
    }
    return result;
  }
  void add_names(std::vector<std::string>& names, const std::vector<std::string>& stems) const {
    for (const std::string& stem : stems) {
      for (const size_t layer : owners()) names.push_back(stem + std::to_string(layer));
    }
  }

  // In the order of declare_units().
  static std::vector<std::string> inputs_of(const std::string& hidden,
                                            const std::vector<std::string>& per_layer,
                                            const TablesByType& tables) {
    std::vector<std::string> inputs = {hidden};
    inputs.insert(inputs.end(), per_layer.begin(), per_layer.end());
    for (const auto& table : {&Tables::mask, &Tables::cos, &Tables::sin}) {
      for (const auto& [type, of_type] : tables) inputs.push_back(of_type.*table);
    }
    return inputs;
  }
  Made run(const TextPhase& phase, const std::vector<std::string>& inputs) {
    const std::string number = std::to_string(text_.layers.size());
    Made made{phase.scratch(d_, "hidden_" + number, {1, phase.tokens, text_.hidden}), {}};
    for (const size_t layer : owners()) made.keys.push_back(own_keys(phase, layer));
    std::vector<std::string> outputs = {made.hidden};
    for (const Keys& one : made.keys) outputs.push_back(one.key);
    for (const Keys& one : made.keys) outputs.push_back(one.value);
    d_.run(unit_name(phase), inputs, outputs);
    return made;
  }
};

}  // namespace gemma4_program
