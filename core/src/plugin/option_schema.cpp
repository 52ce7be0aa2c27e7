#include "plugin/option_schema.h"

#include <fmt/format.h>

#include <nlohmann/json.hpp>
#include <regex>
#include <string>

#include "text/json_pointer.h"
#include "text/quote.h"
#include "text/regex_ready.h"
#include "vernier/core/error.h"

namespace vernier::core {

namespace {

using nlohmann::json;

constexpr int kMaximumSteps =
    10000;  // of one walk: references used twice at each of many levels double at each of them
constexpr int kMaximumSchemaDepth = 200;
constexpr size_t kMaximumPattern = 1000;  // std::regex recurses over the pattern

class Walk {
 public:
  explicit Walk(const json& root) : root_(root) {}

  // Checks `node` and everything below it.
  void every(const json& node, const std::string& pointer) {
    if (node.is_object()) {
      check_object(node, pointer);
      steps_ = 0;
      in_place(node, pointer, 0);
    }
    if (!node.is_structured()) return;
    for (const auto& [key, child] : node.items()) every(child, append_pointer(pointer, key));
  }

 private:
  [[noreturn]] static void fail(const std::string& what, const std::string& pointer) {
    throw plugin_error("not a JSON Schema: " + what, pointer);
  }

  static void check_pattern(const std::string& pattern, const std::string& pointer) {
    if (pattern.size() > kMaximumPattern)
      fail(fmt::format("a pattern of {} characters, at most {}", pattern.size(), kMaximumPattern), pointer);
    ready_for_regex();
    try {
      const std::regex compiled(pattern);
    } catch (const std::regex_error& error) {
      fail(fmt::format("pattern {} is no regular expression ({})", in_quotes(pattern), error.what()),
           pointer);
    }
  }

  void check_object(const json& node, const std::string& pointer) const {
    // An $id further down would give the references below it another meaning.
    if (&node != &root_ && node.contains("$id") && node["$id"].is_string())
      fail("$id below the top", pointer);
    if (node.contains("pattern") && node["pattern"].is_string())
      check_pattern(node["pattern"].get<std::string>(), pointer);
    if (node.contains("patternProperties") && node["patternProperties"].is_object()) {
      for (const auto& row : node["patternProperties"].items()) check_pattern(row.key(), pointer);
    }
  }

  [[nodiscard]] const json& resolve(const std::string& reference, const std::string& pointer) const {
    if (reference == "#") return root_;
    if (reference.rfind("#/", 0) != 0 || reference.find('%') != std::string::npos) {
      fail(fmt::format("reference {} leaves the schema; write \"#/definitions/…\"", in_quotes(reference)),
           pointer);
    }
    try {
      return root_.at(json::json_pointer(reference.substr(1)));
    } catch (const json::exception&) {
      fail(fmt::format("reference {} leads nowhere", in_quotes(reference)), pointer);
    }
  }

  // Follows what applies to the same value as `node` does. Coming round to where it was, or taking too long,
  // never ends for a validator.
  void in_place(const json& node, const std::string& pointer, int depth) {
    if (++steps_ > kMaximumSteps || depth > kMaximumSchemaDepth)
      fail("following its references does not end", pointer);
    if (!node.is_object()) return;
    if (node.contains("$ref") && node["$ref"].is_string())
      in_place(resolve(node["$ref"].get<std::string>(), pointer), pointer, depth + 1);
    for (const char* key : {"allOf", "anyOf", "oneOf"}) {
      if (!node.contains(key) || !node[key].is_array()) continue;
      for (const json& one : node[key]) in_place(one, pointer, depth + 1);
    }
    for (const char* key : {"not", "if", "then", "else"}) {
      if (node.contains(key)) in_place(node[key], pointer, depth + 1);
    }
    if (node.contains("dependencies") && node["dependencies"].is_object()) {
      for (const json& one : node["dependencies"]) in_place(one, pointer, depth + 1);
    }
  }

  const json& root_;
  int steps_ = 0;
};

}  // namespace

void check_option_schema(const json& schema) { Walk(schema).every(schema, ""); }

}  // namespace vernier::core
