// A catalog as discovery would give it, made in memory: the wrappers, observers, backend and processor that
// recipes in tests/data use.
#pragma once

#include <nlohmann/json.hpp>

#include "plugin/catalog.h"

namespace vernier::core {

inline Catalog sample_catalog() {
  using nlohmann::json;
  const json no_options = {{"type", "object"}, {"additionalProperties", false}};
  const json ema_options = json::parse(R"({"type": "object", "additionalProperties": false, "properties": {
    "momentum": {"type": "number", "exclusiveMinimum": 0, "exclusiveMaximum": 1, "default": 0.9,)"
                                       R"( "description": "weight of what was seen so far"}}})");
  const auto observer = [](const char* name, const json& options) {
    ComponentInfo one;
    one.kind = "observer";
    one.name = name;
    one.summary = std::string("sees ") + name;
    one.options = options;
    return one;
  };
  const auto wrapper = [&](const char* type, const char* input) {
    ComponentInfo one;
    one.kind = "wrapper";
    one.name = type;
    one.types = {type};
    one.entries = {{"forward", {input}, {}}};
    one.options = no_options;
    return one;
  };
  ComponentInfo circle;
  circle.kind = "backend";
  circle.name = "circle";
  circle.options = json::parse(R"({"type": "object", "additionalProperties": false,)"
                               R"( "properties": {"description": {"type": "string"}}})");
  ComponentInfo files;
  files.kind = "processor";
  files.name = "checkpoint_files";
  files.summary = "spells";
  files.options = json::parse(R"({"type": "object", "additionalProperties": false,)"
                              R"( "properties": {"tokens": {"type": "integer", "minimum": 1}}})");
  const auto plugin = [](const char* id, const char* version, std::vector<ComponentInfo> components) {
    CatalogPlugin one;
    one.manifest.id = id;
    one.manifest.version = version;
    one.manifest.components = std::move(components);
    one.file = std::string("/plugins/") + id + ".so";
    return one;
  };
  std::vector<CatalogPlugin> plugins;
  plugins.push_back(plugin(
      "org.vernier.observers", "1.0.0",
      {observer("minmax", no_options), observer("ema", ema_options), observer("identity", no_options)}));
  plugins.push_back(plugin(
      "org.vernier.gemma4", "1.0.0",
      {wrapper("Gemma4MultimodalEmbedder", "inputs_embeds"), wrapper("Gemma4RMSNorm", "hidden_states")}));
  plugins.push_back(plugin("org.vernier.nn", "1.2.0", {wrapper("Linear", "input")}));
  plugins.push_back(plugin("org.vernier.circle", "1.0.0", {circle}));
  plugins.push_back(plugin("org.vernier.processor.checkpoint_files", "1.0.0", {files}));
  return Catalog(std::move(plugins));
}

}  // namespace vernier::core
