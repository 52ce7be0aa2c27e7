#include "vernier/core/recipe.h"

#include <fmt/format.h>

#include <nlohmann/json.hpp>

#include "recipe/extends.h"
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

void complete(json& effective, const fs::path& folder) {
  effective.erase("$schema");
  effective.erase("preset");
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
  make_paths_absolute(effective, folder);
  for (json* unit : units) {
    json& evaluation = (*unit)["evaluation"];
    if (!evaluation.contains("inputs")) evaluation["inputs"] = (*unit)["calibration"]["inputs"];
  }
}

}  // namespace

std::string Recipe::where(const std::string& pointer) const {
  return source ? source->where(pointer) : pointer;
}

namespace {

constexpr std::string_view kExtends = "extends=";

// Counts before anything else: the other overrides go over what the recipe says with what it extends.
void override_extends(json& value, RecipeSource& source, const std::string& text) {
  value["extends"] = text.substr(kExtends.size());
  source.overrides["/extends"] = text;
  if (child_at(source.root, "extends") != nullptr) return;
  source.root.children.emplace_back();
  source.root.children.back().key = "extends";
}

// A recipe's text and what becomes of its "extends".
Recipe read_document(JsonDocument document, const fs::path& name, const std::vector<std::string>& overrides,
                     bool may_extend) {
  const auto source = std::make_shared<RecipeSource>();
  source->names = {name.string()};
  source->root = std::move(document.root);
  std::vector<fs::path> extended;
  if (document.value.is_object()) {
    std::vector<std::string> others;
    for (const std::string& one : overrides) {
      if (!one.starts_with(kExtends))
        others.push_back(one);
      else
        override_extends(document.value, *source, one);
    }
    if (may_extend) extended = extend(document.value, *source, name);
    for (AppliedOverride& one : apply_overrides(document.value, recipe_schema(), others))
      source->overrides[one.pointer] = std::move(one.text);
  }
  RecipeFindings findings(*source);
  for (SchemaFinding& one : check_schema(recipe_schema(), document.value)) {
    const std::string what = one.pointer.empty() && !document.value.is_object()
                                 ? fmt::format("a recipe is an object, not {}", describe_type(document.value))
                                 : one.what;
    findings.add(one.pointer, what, std::move(one.hint), one.at_key);
  }
  if (!may_extend && document.value.contains("extends"))
    findings.add("/extends", "a recipe that is no file extends nothing", "write it into a file");
  if (findings.empty()) check_units(document.value, findings);
  findings.throw_if_any();

  Recipe recipe;
  recipe.file = name;
  recipe.folder = fs::absolute(name).parent_path().lexically_normal();
  recipe.extended = std::move(extended);
  recipe.source = source;
  recipe.effective = std::move(document.value);
  complete(*recipe.effective, recipe.folder);
  read_recipe(recipe, findings);
  findings.throw_if_any();
  return recipe;
}

}  // namespace

Recipe parse_recipe(std::string_view text, const fs::path& name, const std::vector<std::string>& overrides) {
  return read_document(parse_json_document(text, name.string()), name, overrides, /*may_extend=*/false);
}

Recipe load_recipe(const fs::path& file, const std::vector<std::string>& overrides) {
  return read_document(parse_json_document(read_recipe_text(file), file.string()), file, overrides,
                       /*may_extend=*/true);
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
