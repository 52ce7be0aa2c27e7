#include "recipe/json_schema.h"

#include <fmt/format.h>

#include <algorithm>
#include <map>
#include <nlohmann/json.hpp>
#include <set>

#include "recipe/schema_message.h"
#include "text/json_pointer.h"
#include "text/json_schema.h"

namespace vernier::core {
namespace {

using nlohmann::json;

const json kAnything = json::object();

// Follows local references; bounded, so that a circle ends.
const json* dereference(const json& root, const json* schema) {
  for (int steps = 0; schema && steps < 32; ++steps) {
    if (schema->is_boolean()) return schema->get<bool>() ? &kAnything : nullptr;
    if (!schema->is_object()) return nullptr;
    const auto reference = schema->find("$ref");
    if (reference == schema->end() || !reference->is_string()) return schema;
    const std::string& text = reference->get_ref<const std::string&>();
    if (text.empty() || text.front() != '#') return nullptr;
    const json* target = &root;
    for (const std::string& token : split_pointer(std::string_view(text).substr(1))) {
      const auto next = target->is_object() ? target->find(token) : target->end();
      if (next == target->end()) return nullptr;
      target = &*next;
    }
    schema = target;
  }
  return nullptr;
}

const json* step(const json& root, const json& schema, const std::string& token) {
  size_t index = 0;
  if (const auto properties = schema.find("properties");
      properties != schema.end() && properties->is_object()) {
    if (const auto found = properties->find(token); found != properties->end())
      return dereference(root, &*found);
  }
  if (const auto items = schema.find("items"); items != schema.end() && is_index(token, index)) {
    if (!items->is_array()) return dereference(root, &*items);
    if (index < items->size()) return dereference(root, &(*items)[index]);
  }
  const auto rest = schema.find("additionalProperties");
  if (rest != schema.end()) return dereference(root, &*rest);
  const bool is_open = !schema.contains("properties") && !schema.contains("items");
  return is_open ? &kAnything : nullptr;
}

// The validator's words for a pattern do not tell it.
std::string hint_of(const json* schema, const std::string& violation) {
  if (schema == nullptr || violation.find("'pattern'") == std::string::npos) return violation;
  const std::string pattern = schema->value("pattern", "");
  return schema->contains("description")
             ? fmt::format("{} It matches {}", schema->at("description").get<std::string>(), pattern)
             : fmt::format("it matches {}", pattern);
}

const json* value_at(const json& document, const std::vector<std::string>& tokens) {
  const json* value = &document;
  for (const std::string& token : tokens) {
    size_t index = 0;
    if (value->is_object() && value->contains(token)) {
      value = &(*value)[token];
    } else if (value->is_array() && is_index(token, index) && index < value->size()) {
      value = &(*value)[index];
    } else {
      return nullptr;
    }
  }
  return value;
}

}  // namespace

std::vector<SchemaFinding> check_schema(const json& schema, const json& document) {
  std::vector<SchemaFinding> findings;
  std::map<std::string, bool> explained;   // each place once: its violations may be as many as its members
  std::vector<SchemaFinding> unexplained;  // an outer place only repeats what an inner one says
  for (const SchemaViolation& violation : validate_schema(schema, document)) {
    std::vector<std::string> tokens = split_pointer(violation.pointer);
    while (!value_at(document, tokens))
      tokens.pop_back();  // a key with brackets or quotes in it; the root is always there
    const std::string pointer = join_pointer(tokens);
    const json* value = value_at(document, tokens);
    const json* part = schema_at(schema, tokens);
    const auto [known, is_new] = explained.emplace(pointer, false);
    if (is_new && part) {
      const std::vector<SchemaFinding> found = explain_violations(*part, *value, pointer);
      known->second = !found.empty();
      findings.insert(findings.end(), found.begin(), found.end());
    }
    if (!known->second)
      unexplained.push_back({pointer, false, fmt::format("{} is not legal here", quote(*value)),
                             hint_of(part, violation.what)});
  }
  std::sort(unexplained.begin(), unexplained.end(),
            [](const auto& a, const auto& b) { return a.pointer.size() > b.pointer.size(); });
  std::set<std::string> places;
  for (const SchemaFinding& one : findings) places.insert(one.pointer);
  for (SchemaFinding& one : unexplained) {
    const auto within = places.lower_bound(one.pointer);
    if (within != places.end() && within->starts_with(one.pointer)) continue;
    places.insert(one.pointer);
    findings.push_back(std::move(one));
  }
  return findings;
}

const json* schema_at(const json& schema, const std::vector<std::string>& tokens) {
  const json* place = dereference(schema, &schema);
  for (const std::string& token : tokens) {
    if (!place) return nullptr;
    place = step(schema, *place, token);
  }
  return place;
}

std::vector<std::string> schema_keys(const json& schema, const std::vector<std::string>& tokens) {
  std::vector<std::string> keys;
  const json* place = schema_at(schema, tokens);
  if (!place || !place->contains("properties")) return keys;
  for (const auto& [key, part] : (*place)["properties"].items()) keys.push_back(key);
  return keys;
}

namespace {

void fill(const json& root, const json* schema, json& value) {
  schema = dereference(root, schema);
  if (!schema) return;
  if (value.is_array() && schema->contains("items") && !(*schema)["items"].is_array()) {
    for (json& element : value) fill(root, &(*schema)["items"], element);
  }
  if (!value.is_object()) return;
  if (const auto own = schema->find("default"); own != schema->end() && own->is_object()) {
    for (const auto& [key, part] : own->items()) {
      if (!value.contains(key)) value[key] = part;
    }
  }
  if (const auto properties = schema->find("properties");
      properties != schema->end() && properties->is_object()) {
    for (const auto& [key, part] : properties->items()) {
      const json* target = dereference(root, &part);
      if (!target) continue;
      // A default beside a reference is the property's own.
      const json& own = part.contains("default") ? part : *target;
      if (!value.contains(key) && own.contains("default")) value[key] = own["default"];
      if (value.contains(key)) fill(root, target, value[key]);
    }
  }
  const auto rest = schema->find("additionalProperties");
  if (rest == schema->end() || !rest->is_object()) return;
  for (auto& [key, part] : value.items()) {
    if (!schema->contains("properties") || !(*schema)["properties"].contains(key)) fill(root, &*rest, part);
  }
}

}  // namespace

void fill_defaults(const json& schema, json& document) { fill(schema, &schema, document); }

}  // namespace vernier::core
