// Plain words for a value that breaks its JSON Schema.
#pragma once

#include <nlohmann/json_fwd.hpp>
#include <string>
#include <vector>

#include "recipe/json_schema.h"

namespace vernier::core {

// What `value`, alone and without its children, breaks of `schema` (references already followed). Empty when
// this function knows no words for it (combinators, patterns).
std::vector<SchemaFinding> explain_violations(const nlohmann::json& schema, const nlohmann::json& value,
                                              const std::string& pointer);

}  // namespace vernier::core
