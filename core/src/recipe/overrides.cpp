#include "recipe/overrides.h"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <algorithm>
#include <nlohmann/json.hpp>

#include "recipe/json_positions.h"
#include "recipe/json_schema.h"
#include "text/json_pointer.h"
#include "text/nearest.h"
#include "vernier/core/error.h"

namespace vernier::core {
namespace {

using nlohmann::json;

std::vector<std::string> split_path(std::string_view path) {
  std::vector<std::string> names(1);
  for (const char c : path) {
    if (c == '.') {
      names.emplace_back();
    } else {
      names.back() += c;
    }
  }
  return names;
}

// The document that a value stands in is bounded as a whole; so is a value from the command line.
json parse_value(const std::string& text, const std::string& where) {
  size_t depth = 0, deepest = 0;
  for (const char c : text) {
    depth += c == '[' || c == '{' ? 1 : 0;
    deepest = std::max(deepest, depth);
  }
  if (text.size() > kMaxJsonString || deepest > kMaxJsonDepth)
    throw usage_error("the value is too long or nested too deeply", where);
  json value = json::parse(text, nullptr, false);
  if (!value.is_discarded()) return value;
  value = text;
  try {
    (void)value.dump();
  } catch (const json::exception&) {
    throw usage_error("the value is not UTF-8 text", where);
  }
  return value;
}

[[noreturn]] void fail_unknown(const json& schema, const std::vector<std::string>& parents,
                               const std::string& name, const std::string& where) {
  const std::vector<std::string> keys = schema_keys(schema, parents);
  std::string hint = did_you_mean(name, keys);
  if (hint.empty() && !keys.empty()) hint = fmt::format("known keys: {}", fmt::join(keys, ", "));
  const std::string place = parents.empty() ? "a recipe" : fmt::format("\"{}\"", fmt::join(parents, "."));
  throw usage_error(fmt::format("{} has no \"{}\"", place, name), where, hint);
}

// One step down; objects are made as needed, elements are not.
json& descend(json& value, const std::vector<std::string>& parents, const std::string& name,
              const std::string& where) {
  size_t index = 0;
  if (value.is_array()) {
    if (!is_index(name, index) || index >= value.size()) {
      const std::string hint =
          value.empty() ? "it has no elements" : fmt::format("elements go from 0 to {}", value.size() - 1);
      throw usage_error(fmt::format("\"{}\" has no element \"{}\"", fmt::join(parents, "."), name), where,
                        hint);
    }
    return value[index];
  }
  if (value.is_null()) value = json::object();
  if (!value.is_object())
    throw usage_error(fmt::format("\"{}\" is {} in the recipe and has no \"{}\"", fmt::join(parents, "."),
                                  describe_type(value), name),
                      where);
  return value[name];
}

AppliedOverride apply(json& document, const json& schema, const std::string& text) {
  const std::string where = "--set " + text;
  const size_t equals = text.find('=');
  if (equals == std::string::npos || equals == 0)
    throw usage_error("an override has the form path=value", where,
                      "for example quantization.weight.dtype=int8");
  const std::vector<std::string> names = split_path(std::string_view(text).substr(0, equals));
  if (names.size() > kMaxJsonDepth) throw usage_error("the path is too long", where);
  std::vector<std::string> parents;
  json* place = &document;
  for (const std::string& name : names) {
    std::vector<std::string> tokens = parents;
    tokens.push_back(name);
    size_t index = 0;
    const json* parent = schema_at(schema, parents);
    const bool is_array = place->is_array() || (parent && parent->value("type", json()) == "array");
    if (name.empty() || (!schema_at(schema, tokens) && !(is_array && !is_index(name, index))))
      fail_unknown(schema, parents, name, where);
    if (is_array && place->is_null()) *place = json::array();
    place = &descend(*place, parents, name, where);
    parents = std::move(tokens);
  }
  *place = parse_value(text.substr(equals + 1), where);
  return {join_pointer(parents), text};
}

}  // namespace

std::vector<AppliedOverride> apply_overrides(json& document, const json& schema,
                                             const std::vector<std::string>& overrides) {
  std::vector<AppliedOverride> applied;
  applied.reserve(overrides.size());
  for (const std::string& text : overrides) applied.push_back(apply(document, schema, text));
  return applied;
}

}  // namespace vernier::core
