// The options table of an operator as JSON, for every table that schemas/circle.fbs gives fields to.
#pragma once

#include <cstdint>
#include <functional>
#include <nlohmann/json_fwd.hpp>
#include <string>

#include "circle_generated.h"

namespace vernier::core {

// {"axis": 1, "fused_activation_function": "NONE"}: all fields, absent ones with the schema's default. {}
// where the operator has no options, or ones newer than the schema. `op` has passed the verifier. `charge`
// hears how many bytes each element takes and throws when they are too many. Throws Error (kData) for a text
// that is not UTF-8.
nlohmann::json circle_options(const circle::Operator& op, const std::function<void(uint64_t bytes)>& charge);

// Throws Error (kData) that calls the text `what`.
std::string utf8_text(const flatbuffers::String* text, const char* what);

}  // namespace vernier::core
