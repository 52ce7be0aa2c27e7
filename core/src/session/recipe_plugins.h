// Where a recipe looks for plugins, and which versions it wants.
#pragma once

#include <filesystem>
#include <vector>

#include "plugin/discovery.h"
#include "plugin/resolver.h"
#include "vernier/core/recipe.h"

namespace vernier::core {

// `files`: what the command line names. Throws Error (kUsage) for a folder of the recipe that is not there.
[[nodiscard]] SearchOptions recipe_search(const Recipe& recipe,
                                          const std::vector<std::filesystem::path>& files);
[[nodiscard]] std::vector<Requirement> recipe_requirements(const Recipe& recipe);

}  // namespace vernier::core
