// The units of a recipe: its own, or the one that a recipe without "units" means.
#pragma once

#include <cstddef>
#include <map>
#include <nlohmann/json_fwd.hpp>
#include <string>
#include <vector>

#include "recipe/recipe_source.h"
#include "vernier/core/recipe.h"

namespace vernier::core {

// Before defaults are filled in: findings where `document` has both "units" and what they take the place of,
// or neither.
void check_units(const nlohmann::json& document, RecipeFindings& findings);

// Fills recipe.units and recipe.has_units from recipe.effective; none where check_units() found something.
void read_units(Recipe& recipe, RecipeFindings& findings);

// What an entry of "export" names as its unit or units, by place in recipe.units.
[[nodiscard]] std::vector<size_t> exported_units(const nlohmann::json& entry, const std::string& pointer,
                                                 const Recipe& recipe, RecipeFindings& findings);

// Limits by metric; each knows its pointer, "<pointer>/<metric>".
[[nodiscard]] std::map<std::string, Gate> read_gates(const nlohmann::json& value, const std::string& pointer,
                                                     RecipeFindings& findings);

}  // namespace vernier::core
