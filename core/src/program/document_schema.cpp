// What the schema says of a document, in words, and what it says of a step's names and arguments.
#include <fmt/format.h>
#include <fmt/ranges.h>

#include <algorithm>
#include <nlohmann/json.hpp>
#include <set>

#include "program/document.h"
#include "program/read_program.h"
#include "recipe/json_schema.h"
#include "text/json_pointer.h"
#include "text/json_schema.h"
#include "text/nearest.h"
#include "text/quote.h"
#include "vernier/core/error.h"

namespace vernier::core {

namespace {

using nlohmann::json;

const json& program_schema() {
  static const json schema = json::parse(program_schema_text());
  return schema;
}

const json& host_step_schemas() { return program_schema().at("definitions").at("host_steps"); }

// A definition of the schema as a schema of its own.
json definition(const std::string& pointer) {
  return {{"$ref", "#/definitions/" + pointer}, {"definitions", program_schema().at("definitions")}};
}

Diagnostic diagnostic(const std::string& source, const std::string& pointer, const std::string& what,
                      const std::string& hint) {
  return {what, fmt::format("{} ({})", source, pointer.empty() ? "/" : pointer), hint};
}

// The step that a place lies in: "/phases/1/steps/2"; empty: none.
std::string step_of(const std::string& pointer) {
  std::vector<std::string> tokens = split_pointer(pointer);
  if (tokens.size() < 4 || tokens[0] != "phases" || tokens[2] != "steps") return {};
  tokens.resize(4);
  return join_pointer(tokens);
}

// The whole schema only knows that one of many forms does not fit; the form that is meant says why.
std::vector<Diagnostic> step_diagnostics(const json& step, const std::string& pointer,
                                         const std::string& source) {
  if (!step.is_object()) return {};
  std::string form = "unit_step";
  if (step.contains("host")) {
    if (!step.at("host").is_string())
      return {diagnostic(source, pointer + "/host", "\"host\" names a step", "")};
    const auto name = step.at("host").get<std::string>();
    std::vector<std::string> known;
    for (const auto& [key, value] : host_step_schemas().items()) known.push_back(key);
    if (!host_step_schemas().contains(name)) {
      const std::string close = did_you_mean(name, known);
      return {diagnostic(source, pointer + "/host", fmt::format("there is no host step {}", in_quotes(name)),
                         close.empty() ? fmt::format("there are {}", fmt::join(known, ", ")) : close)};
    }
    form = "host_steps/" + name;
  } else if (!step.contains("unit")) {
    return {diagnostic(source, pointer, "a step has a \"unit\" or a \"host\"", "")};
  }
  std::vector<Diagnostic> found;
  for (const SchemaFinding& one : check_schema(definition(form), step))
    found.push_back(diagnostic(source, pointer + one.pointer, one.what, one.hint));
  return found;
}

StepArgument argument_value(const json& schema, const json& value, const DocumentPlace& place) {
  const json type = schema.value("type", json("string"));
  if (type == "number") return value.get<double>();
  if (type == "boolean") return value.get<bool>();
  if (type == "string") return value.get<std::string>();
  if (!value.is_string()) return Count::of(whole_number(value, place));
  const std::optional<Count> count = Count::parse(value.get_ref<const std::string&>());
  if (!count) place.refuse(fmt::format("{} is no count", in_quotes(value.get<std::string>())));
  return *count;
}

}  // namespace

DocumentPlace DocumentPlace::at(std::string_view key) const { return {source, append_pointer(pointer, key)}; }
DocumentPlace DocumentPlace::at(size_t index) const { return {source, append_pointer(pointer, index)}; }

void DocumentPlace::refuse(const std::string& what, const std::string& hint) const {
  throw Error(ErrorKind::kData, diagnostic(source, pointer, what, hint));
}

int64_t whole_number(const json& value, const DocumentPlace& place) {
  if (value.is_number_unsigned() && value.get<uint64_t>() > uint64_t{INT64_MAX})
    place.refuse(fmt::format("{} is beyond 63 bits", value.get<uint64_t>()));
  return value.get<int64_t>();
}

void check_program_schema(const json& document, const std::string& source) {
  static const JsonSchema schema(program_schema());
  if (schema.validate(document).empty()) return;
  std::vector<Diagnostic> found;
  std::set<std::string> steps;
  for (const SchemaFinding& one : check_schema(program_schema(), document)) {
    const std::string step = step_of(one.pointer);
    if (step.empty()) {
      found.push_back(diagnostic(source, one.pointer, one.what, one.hint));
    } else if (steps.insert(step).second) {
      std::vector<Diagnostic> inside = step_diagnostics(document.at(json::json_pointer(step)), step, source);
      if (inside.empty()) inside.push_back(diagnostic(source, one.pointer, one.what, one.hint));
      found.insert(found.end(), inside.begin(), inside.end());
    }
  }
  if (found.empty())
    found.push_back(diagnostic(source, "", "it does not fit schemas/program.schema.json", ""));
  throw Error(ErrorKind::kData, std::move(found));
}

std::map<std::string, StepArgument> read_arguments(const std::string& host, const json& value,
                                                   const DocumentPlace& place) {
  std::map<std::string, StepArgument> arguments;
  const json& known = host_step_schemas().at(host).at("properties").at("arguments").at("properties");
  for (const auto& [name, schema] : known.items()) {
    if (value.is_object() && value.contains(name))
      arguments.emplace(name, argument_value(schema, value.at(name), place.at(name)));
    else if (schema.contains("default"))
      arguments.emplace(name, argument_value(schema, schema.at("default"), place.at(name)));
  }
  return arguments;
}

}  // namespace vernier::core
