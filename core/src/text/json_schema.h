// JSON Schema (draft 7) validation, by valijson.
#pragma once

#include <cstddef>
#include <memory>
#include <nlohmann/json_fwd.hpp>
#include <string>
#include <vector>

namespace vernier::core {

struct SchemaViolation {
  std::string pointer;  // RFC 6901, of the value that is wrong
  std::string what;
};

// std::regex, behind "pattern", recurses once a character: longer text would end the stack, and with it the
// host.
inline constexpr size_t kMaximumPatternText = 2000;

// A schema that is parsed once, for many values. [any thread, also at once]
class JsonSchema {
 public:
  // Throws Error (kInternal) where `schema` is not a schema.
  explicit JsonSchema(const nlohmann::json& schema);
  ~JsonSchema();
  // As validate_schema().
  [[nodiscard]] std::vector<SchemaViolation> validate(const nlohmann::json& value) const;

 private:
  struct Parsed;
  std::unique_ptr<Parsed> parsed_;
};

// Empty where `value` fits. Under a schema with patterns, text and keys of more than kMaximumPatternText
// bytes do not fit. Throws Error (kInternal) where `schema` is not a schema.
std::vector<SchemaViolation> validate_schema(const nlohmann::json& schema, const nlohmann::json& value);

}  // namespace vernier::core
