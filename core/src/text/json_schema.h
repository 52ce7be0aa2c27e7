// JSON Schema (draft 7) validation, by valijson.
#pragma once

#include <nlohmann/json_fwd.hpp>
#include <string>
#include <vector>

namespace vernier::core {

struct SchemaViolation {
  std::string pointer;  // RFC 6901, of the value that is wrong
  std::string what;
};

// Empty where `value` fits. Throws Error (kInternal) where `schema` is not a schema.
std::vector<SchemaViolation> validate_schema(const nlohmann::json& schema, const nlohmann::json& value);

}  // namespace vernier::core
