// From a recipe's JSON, valid by the schema and complete, to its typed fields.
#pragma once

#include "recipe/recipe_source.h"
#include "vernier/core/recipe.h"

namespace vernier::core {

// Fills `recipe` from recipe.effective. What the schema cannot say (sizes, gates, file names, fields that
// contradict each other) becomes a finding.
void read_recipe(Recipe& recipe, RecipeFindings& findings);

}  // namespace vernier::core
