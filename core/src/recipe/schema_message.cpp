#include "recipe/schema_message.h"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <algorithm>
#include <nlohmann/json.hpp>

#include "text/json_pointer.h"
#include "text/nearest.h"

namespace vernier::core {
namespace {

using nlohmann::json;

// `"samples"`, `element 0 of "rules"`, `the whole text`.
std::string subject(const std::string& pointer) {
  const std::vector<std::string> tokens = split_pointer(pointer);
  size_t index = 0;
  if (tokens.empty()) return "the whole text";
  if (tokens.size() > 1 && is_index(tokens.back(), index))
    return fmt::format("element {} of \"{}\"", index, tokens[tokens.size() - 2]);
  return fmt::format("\"{}\"", tokens.back());
}

bool is_whole(const json& value) {
  return value.is_number_integer() ||
         (value.is_number_float() &&
          value.get<double>() ==
              static_cast<double>(static_cast<int64_t>(std::clamp(value.get<double>(), -9e18, 9e18))));
}

bool has_type(const json& value, const std::string& type) {
  if (type == "object") return value.is_object();
  if (type == "array") return value.is_array();
  if (type == "string") return value.is_string();
  if (type == "integer") return value.is_number_integer();
  if (type == "number") return value.is_number();
  if (type == "boolean") return value.is_boolean();
  return type == "null" && value.is_null();
}

std::string type_words(const std::string& type) {
  if (type == "object") return "an object";
  if (type == "array") return "an array";
  if (type == "string") return "a string";
  if (type == "integer") return "a whole number";
  if (type == "number") return "a number";
  if (type == "boolean") return "true or false";
  return type;
}

std::string text_or_empty(const json& schema, const char* key) {
  const auto found = schema.find(key);
  return found != schema.end() && found->is_string() ? found->get<std::string>() : std::string();
}

bool check_type(const json& schema, const json& value, const std::string& pointer,
                std::vector<SchemaFinding>& findings) {
  const auto type = schema.find("type");
  if (type == schema.end()) return true;
  std::vector<std::string> legal;
  for (const json& one : type->is_array() ? *type : json::array({*type})) {
    if (!one.is_string() || has_type(value, one)) return true;
    legal.push_back(type_words(one));
  }
  const std::string found = is_whole(value) && value.is_number_float() ? quote(value) : describe_type(value);
  findings.push_back({pointer, false,
                      fmt::format("{} must be {}, not {}", subject(pointer), fmt::join(legal, " or "), found),
                      text_or_empty(schema, "description")});
  return false;
}

bool check_choice(const json& schema, const json& value, const std::string& pointer,
                  std::vector<SchemaFinding>& findings) {
  json choices = json::array();
  if (const auto one = schema.find("const"); one != schema.end()) choices.push_back(*one);
  if (const auto many = schema.find("enum"); many != schema.end() && many->is_array()) choices = *many;
  if (choices.empty() || std::find(choices.begin(), choices.end(), value) != choices.end()) return true;
  std::vector<std::string> names, words;
  for (const json& choice : choices) {
    words.push_back(quote(choice));
    if (choice.is_string()) names.push_back(choice);
  }
  std::string hint =
      value.is_string() ? did_you_mean(value.get_ref<const std::string&>(), names) : std::string();
  if (!hint.empty()) hint += ' ';
  hint += fmt::format("{}: {}", choices.size() == 1 ? "legal" : "legal are", fmt::join(words, ", "));
  findings.push_back(
      {pointer, false, fmt::format("{} cannot be {}", subject(pointer), quote(value)), std::move(hint)});
  return false;
}

void check_bounds(const json& schema, const json& value, const std::string& pointer,
                  std::vector<SchemaFinding>& findings) {
  const auto report = [&](const char* words, const json& limit, const std::string& actual) {
    findings.push_back({pointer, false,
                        fmt::format("{} must {} {}, not {}", subject(pointer), words, quote(limit), actual),
                        text_or_empty(schema, "description")});
  };
  const auto limit = [&](const char* key) -> const json* {
    const auto found = schema.find(key);
    return found != schema.end() && found->is_number() ? &*found : nullptr;
  };
  if (value.is_number()) {
    const double number = value.get<double>();
    if (const json* l = limit("minimum"); l && number < l->get<double>())
      report("be at least", *l, quote(value));
    if (const json* l = limit("maximum"); l && number > l->get<double>())
      report("be at most", *l, quote(value));
    if (const json* l = limit("exclusiveMinimum"); l && number <= l->get<double>())
      report("be greater than", *l, quote(value));
    if (const json* l = limit("exclusiveMaximum"); l && number >= l->get<double>())
      report("be less than", *l, quote(value));
  }
  if (value.is_array()) {
    if (const json* l = limit("minItems"); l && value.size() < l->get<size_t>())
      report("have at least as many elements as", *l, std::to_string(value.size()));
    if (const json* l = limit("maxItems"); l && value.size() > l->get<size_t>())
      report("have at most as many elements as", *l, std::to_string(value.size()));
  }
  if (value.is_string() && value.get_ref<const std::string&>().empty() && limit("minLength")) {
    findings.push_back(
        {pointer, false, fmt::format("{} is empty", subject(pointer)), text_or_empty(schema, "description")});
  }
}

void check_keys(const json& schema, const json& value, const std::string& pointer,
                std::vector<SchemaFinding>& findings) {
  const json properties = schema.value("properties", json::object());
  std::vector<std::string> free_keys;  // a misspelt key most likely is one that is not there yet
  for (const auto& [key, part] : properties.items()) {
    if (!value.contains(key)) free_keys.push_back(key);
  }
  std::vector<std::string> meant;
  if (schema.contains("additionalProperties") && schema["additionalProperties"] == false) {
    for (const auto& [key, part] : value.items()) {
      if (properties.contains(key)) continue;
      std::string hint = did_you_mean(key, free_keys);
      if (const auto name = nearest(key, free_keys)) meant.push_back(*name);
      if (hint.empty())
        hint = free_keys.empty() ? "remove it" : fmt::format("known keys: {}", fmt::join(free_keys, ", "));
      findings.push_back({append_pointer(pointer, key), true,
                          fmt::format("unknown key \"{}\"", quote(key).substr(1, quote(key).size() - 2)),
                          std::move(hint)});
    }
  }
  for (const json& key : schema.value("required", json::array())) {
    if (!key.is_string() || value.contains(key.get_ref<const std::string&>())) continue;
    const std::string name = key;
    if (std::find(meant.begin(), meant.end(), name) != meant.end())
      continue;  // said already: it is there, misspelt
    const std::string hint =
        properties.contains(name) ? text_or_empty(properties[name], "description") : std::string();
    findings.push_back(
        {pointer, false,
         fmt::format("missing key \"{}\"{}", name, pointer.empty() ? "" : " in " + subject(pointer)), hint});
  }
}

}  // namespace

std::string describe_type(const json& value) {
  if (value.is_object()) return "an object";
  if (value.is_array()) return "an array";
  if (value.is_string()) return "a string";
  if (value.is_boolean()) return value.get<bool>() ? "true" : "false";
  if (value.is_null()) return "null";
  return value.is_number_integer() ? "a whole number" : "a number with a fraction";
}

std::string quote(const json& value) {
  constexpr size_t kLongest = 80;
  if (value.is_structured() && value.size() > kLongest) return describe_type(value);
  std::string text = value.dump(-1, ' ', true, json::error_handler_t::replace);
  if (text.size() > kLongest) text = text.substr(0, kLongest - 1) + "…" + (value.is_string() ? "\"" : "");
  return text;
}

std::vector<SchemaFinding> explain_violations(const json& schema, const json& value,
                                              const std::string& pointer) {
  std::vector<SchemaFinding> findings;
  if (!check_type(schema, value, pointer, findings)) return findings;
  if (!check_choice(schema, value, pointer, findings)) return findings;
  check_bounds(schema, value, pointer, findings);
  if (value.is_object()) check_keys(schema, value, pointer, findings);
  return findings;
}

}  // namespace vernier::core
