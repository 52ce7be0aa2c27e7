// What a JSON Schema (draft 7) says beyond yes and no: findings in plain words, defaults, legal keys.
// valijson decides what is wrong (text/json_schema.h); this room says it.
#pragma once

#include <nlohmann/json_fwd.hpp>
#include <string>
#include <string_view>
#include <vector>

namespace vernier::core {

struct SchemaFinding {
  std::string pointer;  // the value in the document; for an unknown key, that key
  bool at_key = false;  // the key is wrong, not its value
  std::string what;     // `unknown key "obsever"`
  std::string hint;     // `did you mean "observer"?`, or what is legal there
};

// Every violation, in document order of their pointers; empty when the document is valid. Throws Error
// (kInternal) when `schema` itself is no JSON Schema.
std::vector<SchemaFinding> check_schema(const nlohmann::json& schema, const nlohmann::json& document);

// The sub-schema for a pointer's value, through properties, additionalProperties, items and local $ref; null
// where the schema knows no such place. `true` schemas (anything goes) come back as an empty object.
const nlohmann::json* schema_at(const nlohmann::json& schema, const std::vector<std::string>& tokens);

// Sorted keys that the object schema at `tokens` names.
std::vector<std::string> schema_keys(const nlohmann::json& schema, const std::vector<std::string>& tokens);

// Adds what is missing and has a `default`, in objects and in elements of arrays, at all depths. An object
// that is there gets the missing keys of its own default object too.
void fill_defaults(const nlohmann::json& schema, nlohmann::json& document);

// "an object", "a string", "a whole number", ...
std::string describe_type(const nlohmann::json& value);
// A value as a message quotes it: JSON, shortened.
std::string quote(const nlohmann::json& value);

}  // namespace vernier::core
