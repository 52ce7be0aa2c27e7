#include "vernier/core/recipe.h"

#include <fmt/format.h>

#include <fstream>
#include <nlohmann/json.hpp>

#include "file/folder_commit.h"
#include "recipe/json_positions.h"
#include "recipe/json_schema.h"
#include "recipe/overrides.h"
#include "recipe/recipe_reader.h"
#include "recipe/recipe_source.h"
#include "recipe/recipe_units.h"
#include "text/json_pointer.h"
#include "text/nearest.h"

namespace vernier::core {
namespace {

using nlohmann::json;
namespace fs = std::filesystem;

const json& recipe_schema() {
  static const json schema = json::parse(recipe_schema_text());
  return schema;
}

std::string read_text(const fs::path& file) {
  std::error_code error;
  if (!fs::exists(file, error)) throw usage_error("recipe not found", file.string(), "check the path");
  if (!fs::is_regular_file(file, error))
    throw usage_error("the recipe is not a file", file.string(), "name a JSON file");
  settle_around(file);
  std::ifstream stream(file, std::ios::binary);
  std::string text;
  char block[65536];
  while (text.size() <= kMaxJsonBytes && (stream.read(block, sizeof block) || stream.gcount() > 0))
    text.append(block, static_cast<size_t>(stream.gcount()));
  if (stream.bad() || !stream.is_open())
    throw usage_error("the recipe cannot be read", file.string(), "check its permissions");
  return text;
}

// Relative paths mean the recipe's folder; the effective recipe may lie anywhere, so it has absolute ones.
void make_absolute(json& value, const fs::path& folder) {
  if (value.is_string()) value = (folder / value.get_ref<const std::string&>()).lexically_normal().string();
}

void complete(json& effective, const fs::path& folder) {
  effective.erase("$schema");
  fill_defaults(recipe_schema(), effective);
  std::vector<json*> units;
  if (effective.contains("units")) {
    effective.erase("evaluation");  // a default
    for (json& unit : effective["units"]) units.push_back(&unit);
  } else {
    units.push_back(&effective);
    const bool has_program = effective["model"].contains("program");
    for (json& one : effective["export"]) {
      if (!has_program) one.emplace("entry", "forward");
    }
  }
  make_absolute(effective["model"]["checkpoint"], folder);
  for (json& path : effective["plugins"]["search"]) make_absolute(path, folder);
  if (effective["quantization"].contains("from")) make_absolute(effective["quantization"]["from"], folder);
  if (effective["runtime"].contains("journal")) make_absolute(effective["runtime"]["journal"], folder);
  for (json* unit : units) {
    json& evaluation = (*unit)["evaluation"];
    if (!evaluation.contains("inputs")) evaluation["inputs"] = (*unit)["calibration"]["inputs"];
    for (const char* part : {"calibration", "evaluation"}) {
      if (!unit->contains(part)) continue;
      json& inputs = (*unit)[part]["inputs"];
      if (inputs.contains("path")) make_absolute(inputs["path"], folder);
    }
  }
}

}  // namespace

std::string Recipe::where(const std::string& pointer) const {
  return source ? source->where(pointer) : pointer;
}

Recipe parse_recipe(std::string_view text, const fs::path& name, const std::vector<std::string>& overrides) {
  JsonDocument document = parse_json_document(text, name.string());
  const auto source = std::make_shared<RecipeSource>();
  source->name = name.string();
  source->root = std::move(document.root);
  if (document.value.is_object()) {
    for (AppliedOverride& one : apply_overrides(document.value, recipe_schema(), overrides))
      source->overrides[one.pointer] = std::move(one.text);
  }
  RecipeFindings findings(*source);
  for (SchemaFinding& one : check_schema(recipe_schema(), document.value)) {
    const std::string what = one.pointer.empty() && !document.value.is_object()
                                 ? fmt::format("a recipe is an object, not {}", describe_type(document.value))
                                 : one.what;
    findings.add(one.pointer, what, std::move(one.hint), one.at_key);
  }
  if (findings.empty()) check_units(document.value, findings);
  findings.throw_if_any();

  Recipe recipe;
  recipe.file = name;
  recipe.folder = fs::absolute(name).parent_path().lexically_normal();
  recipe.source = source;
  recipe.effective = std::move(document.value);
  complete(*recipe.effective, recipe.folder);
  read_recipe(recipe, findings);
  findings.throw_if_any();
  return recipe;
}

Recipe load_recipe(const fs::path& file, const std::vector<std::string>& overrides) {
  return parse_recipe(read_text(file), file, overrides);
}

json resolve_config(const Recipe& recipe, const json& checkpoint_config) {
  json resolved = json::object();
  RecipeFindings findings(*recipe.source);
  for (const auto& [key, value] : recipe.model.config->items()) {
    resolved[key] = value;
    if (!value.is_string() || value.get_ref<const std::string&>().substr(0, 1) != "/") continue;
    const std::string& pointer = value.get_ref<const std::string&>();
    const json* place = &checkpoint_config;
    std::string parent;
    for (const std::string& token : split_pointer(pointer)) {
      size_t index = 0;
      const bool is_member = place->is_object() && place->contains(token);
      const bool is_element = place->is_array() && is_index(token, index) && index < place->size();
      if (!is_member && !is_element) {
        std::vector<std::string> keys;
        if (place->is_object()) {
          for (const auto& [name, part] : place->items()) keys.push_back(append_pointer(parent, name));
        }
        findings.add(append_pointer("/model/config", key),
                     fmt::format("the checkpoint's config.json has no \"{}\"", append_pointer(parent, token)),
                     did_you_mean(append_pointer(parent, token), keys));
        place = nullptr;
        break;
      }
      place = is_member ? &(*place)[token] : &(*place)[index];
      parent = append_pointer(parent, token);
    }
    if (place) resolved[key] = *place;
  }
  findings.throw_if_any();
  return resolved;
}

}  // namespace vernier::core
