// Without this valijson ends the process where a schema is wrong; found by fuzzing a manifest.
#define VALIJSON_USE_EXCEPTIONS 1

#include "text/json_schema.h"

#include <nlohmann/json.hpp>
#include <valijson/adapters/nlohmann_json_adapter.hpp>
#include <valijson/schema.hpp>
#include <valijson/schema_parser.hpp>
#include <valijson/validation_results.hpp>
#include <valijson/validator.hpp>

#include "vernier/core/error.h"

namespace vernier::core {

namespace {

// valijson writes a place as "<root>[key][0]"; a JSON pointer says the same.
std::string to_pointer(const std::string& context) {
  std::string pointer;
  size_t position = context.find('[');
  while (position != std::string::npos) {
    const size_t end = context.find(']', position);
    if (end == std::string::npos) break;
    std::string key = context.substr(position + 1, end - position - 1);
    if (key.size() >= 2 && key.front() == '"' && key.back() == '"') key = key.substr(1, key.size() - 2);
    pointer += '/';
    for (char c : key)
      pointer += c == '~' ? std::string("~0") : c == '/' ? std::string("~1") : std::string(1, c);
    position = context.find('[', end);
  }
  return pointer;
}

}  // namespace

std::vector<SchemaViolation> validate_schema(const nlohmann::json& schema, const nlohmann::json& value) {
  try {
    valijson::Schema parsed;
    valijson::SchemaParser parser;
    const valijson::adapters::NlohmannJsonAdapter schema_adapter(schema);
    parser.populateSchema(schema_adapter, parsed);
    valijson::Validator validator(valijson::Validator::kStrongTypes);
    valijson::ValidationResults results;
    const valijson::adapters::NlohmannJsonAdapter value_adapter(value);
    std::vector<SchemaViolation> violations;
    if (validator.validate(parsed, value_adapter, &results)) return violations;
    valijson::ValidationResults::Error error;
    while (results.popError(error)) {
      std::string context;
      for (const std::string& part : error.context) context += part;
      violations.push_back({to_pointer(context), error.description});
    }
    return violations;
  } catch (const std::exception& error) {
    throw internal_error(std::string("not a JSON Schema: ") + error.what());
  }
}

}  // namespace vernier::core
