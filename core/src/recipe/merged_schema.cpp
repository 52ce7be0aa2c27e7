#include <fmt/format.h>
#include <nlohmann/json.hpp>

#include "recipe/check.h"

namespace vernier::core {
namespace {

using nlohmann::json;

// Local references of an embedded schema mean that schema: its own $id makes them so.
json embed(const ComponentInfo& component) {
  json options = component.options->is_object() ? *component.options : json::object();
  if (!options.contains("$id") && options.dump(-1, ' ', true).find("\"$ref\"") != std::string::npos) {
    options["$id"] = fmt::format("vernier:options/{}/{}", component.kind, component.name);
  }
  return options;
}

// "If `key` is this component's name, then `options` has its form."
json conditions(const Catalog& catalog, const char* kind, const char* key) {
  json all = json::array();
  for (const std::string& name : catalog.names(kind)) {
    const json condition = {{"properties", {{key, {{"const", name}}}}}, {"required", {key}}};
    all.push_back({{"if", condition},
                   {"then", {{"properties", {{"options", embed(*catalog.find(kind, name).component)}}}}}});
  }
  return all;
}

void name_choices(json& schema, const Catalog& catalog, const char* kind) {
  const std::vector<std::string> names = catalog.names(kind);
  if (names.empty()) return;
  schema["enum"] = names;
  std::string text = schema.value("description", "");
  for (const std::string& name : names)
    text += fmt::format(" {}: {}.", name, catalog.find(kind, name).component->summary);
  schema["description"] = text;
}

}  // namespace

json merged_schema(const Catalog& catalog) {
  json schema = json::parse(recipe_schema_text());
  json& properties = schema["properties"];
  json& quantization = properties["quantization"]["properties"];
  name_choices(schema["definitions"]["observer"], catalog, "observer");
  for (json* place :
       {&quantization["activation"], &quantization["weight"], &quantization["rules"]["items"]}) {
    const json all = conditions(catalog, "observer", "observer");
    if (!all.empty()) (*place)["allOf"] = all;  // an empty allOf is no schema
  }
  json& item = properties["export"]["items"];
  name_choices(item["properties"]["backend"], catalog, "backend");
  const json all = conditions(catalog, "backend", "backend");
  if (!all.empty()) item["allOf"] = all;
  json& verify = item["properties"]["verify"];
  name_choices(verify["properties"]["executor"], catalog, "executor");
  const json executors = conditions(catalog, "executor", "executor");
  if (!executors.empty()) verify["allOf"] = executors;
  json& inputs = schema["definitions"]["inputs"];
  name_choices(inputs["properties"]["processor"], catalog, "processor");
  const json processors = conditions(catalog, "processor", "processor");
  if (!processors.empty()) inputs["allOf"] = processors;
  if (!catalog.types().empty()) properties["model"]["properties"]["type"]["examples"] = catalog.types();
  return schema;
}

}  // namespace vernier::core
