// Compat level tico: what the files of units call their inputs, and of which type tokens are, as TICO 0.3.0
// writes them. Outputs have no names that anybody could rely on: a runtime takes them by their order.
#pragma once

#include <string>

#include <vernier/draft/program_document.h>

#include "profile.h"

namespace gemma4_program {

inline std::string tico_name(const std::string& unit, const std::string& input) {
  const bool is_decoder = unit.rfind("decoder_layer_", 0) == 0;
  if (is_decoder && input == "cos") return "position_embeddings_0";
  if (is_decoder && input == "sin") return "position_embeddings_1";
  for (const char* kind : {"past", "shared"}) {
    if (is_decoder && input == std::string(kind) + "_k") return std::string(kind) + "_key_value_0";
    if (is_decoder && input == std::string(kind) + "_v") return std::string(kind) + "_key_value_1";
  }
  if (unit.rfind("vision_encoder_layer_", 0) == 0 && (input == "cos" || input == "sin"))
    return "position_embeddings_" + input;
  if (unit == "vision_post_projection" && input == "inputs_embeds") return "pooled_hidden_states";
  return input;
}

// Declares a unit, with TICO's names where the profile wants its files.
inline void declare(vernier::ProgramDocument& document, const Profile& profile,
                    vernier::ProgramDocument::Unit unit) {
  if (profile.is_tico) {
    std::string written;
    for (const std::string& input : unit.inputs) {
      const vernier::Config::Entry name("tico::" + tico_name(unit.name, input));
      written += (written.empty() ? "{" : ", ") + vernier::Config::Entry(input).json() + R"(: {"name": )" +
                 name.json() + (input == "input_ids" ? R"(, "dtype": "int64"})" : "}");
    }
    unit.more =
        vernier::Config(vernier::Options(unit.more.json()), {{"written", vernier::Options(written + "}")}});
  }
  document.unit(unit);
}

}  // namespace gemma4_program
