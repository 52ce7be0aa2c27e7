// Without this valijson ends the process where a schema is wrong; found by fuzzing a manifest.
#define VALIJSON_USE_EXCEPTIONS 1

#include "text/json_schema.h"

#include <fmt/format.h>

#include <algorithm>
#include <mutex>
#include <nlohmann/json.hpp>
#include <valijson/adapters/nlohmann_json_adapter.hpp>
#include <valijson/schema.hpp>
#include <valijson/schema_parser.hpp>
#include <valijson/validation_results.hpp>
#include <valijson/validator.hpp>

#include "text/json_pointer.h"
#include "text/regex_ready.h"
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
    pointer = append_pointer(pointer, key);
    position = context.find('[', end);
  }
  return pointer;
}

bool has_patterns(const nlohmann::json& schema) {
  if (schema.is_object() && (schema.contains("pattern") || schema.contains("patternProperties"))) return true;
  return schema.is_structured() && std::any_of(schema.begin(), schema.end(), has_patterns);
}

void find_long_text(const nlohmann::json& value, const std::string& pointer,
                    std::vector<SchemaViolation>& found) {
  const auto check = [&](const std::string& text, const std::string& what, const std::string& where) {
    if (text.size() <= kMaximumPatternText) return;
    found.push_back({where, fmt::format("{} of {} bytes, where a pattern is checked: at most {}", what,
                                        text.size(), kMaximumPatternText)});
  };
  if (value.is_string()) check(value.get_ref<const std::string&>(), "a text", pointer);
  if (value.is_array()) {
    for (size_t i = 0; i < value.size(); ++i) find_long_text(value[i], append_pointer(pointer, i), found);
  } else if (value.is_object()) {
    for (const auto& [key, child] : value.items()) {
      check(key, "a key", pointer);
      find_long_text(child, append_pointer(pointer, key), found);
    }
  }
}

}  // namespace

struct JsonSchema::Parsed {
  bool has_patterns = false;
  valijson::Schema schema;
  std::mutex mutex;
  // Keeps the patterns that it compiled: half of the time that one manifest takes.
  valijson::Validator validator{valijson::Validator::kStrongTypes};
};

JsonSchema::JsonSchema(const nlohmann::json& schema) {
  auto parsed = std::make_unique<Parsed>();
  parsed->has_patterns = has_patterns(schema);
  ready_for_regex();
  try {
    valijson::SchemaParser parser;
    const valijson::adapters::NlohmannJsonAdapter adapter(schema);
    parser.populateSchema(adapter, parsed->schema);
  } catch (const std::exception& error) {
    throw internal_error(std::string("not a JSON Schema: ") + error.what());
  }
  parsed_ = std::move(parsed);
}

JsonSchema::~JsonSchema() = default;

std::vector<SchemaViolation> JsonSchema::validate(const nlohmann::json& value) const {
  std::vector<SchemaViolation> violations;
  if (parsed_->has_patterns) find_long_text(value, "", violations);
  if (!violations.empty()) return violations;
  ready_for_regex();
  try {
    valijson::ValidationResults results;
    const valijson::adapters::NlohmannJsonAdapter adapter(value);
    const std::lock_guard lock(parsed_->mutex);
    if (parsed_->validator.validate(parsed_->schema, adapter, &results)) return violations;
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

std::vector<SchemaViolation> validate_schema(const nlohmann::json& schema, const nlohmann::json& value) {
  return JsonSchema(schema).validate(value);
}

}  // namespace vernier::core
