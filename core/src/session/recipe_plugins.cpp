#include "session/recipe_plugins.h"

#include <fmt/format.h>

#include "plugin/version_constraint.h"
#include "vernier/core/error.h"

namespace vernier::core {

SearchOptions recipe_search(const Recipe& recipe, const std::vector<std::filesystem::path>& files) {
  SearchOptions search;
  search.files = files;
  for (size_t i = 0; i < recipe.plugins.search.size(); ++i) {
    const std::filesystem::path& folder = recipe.plugins.search[i];
    if (!std::filesystem::is_directory(folder)) {
      throw usage_error("plugin folder does not exist: " + folder.string(),
                        recipe.where(fmt::format("/plugins/search/{}", i)),
                        "paths are relative to the recipe");
    }
    search.recipe_folders.push_back(folder);
  }
  return search;
}

std::vector<Requirement> recipe_requirements(const Recipe& recipe) {
  std::vector<Requirement> result;
  for (const PluginRequirement& one : recipe.plugins.require) {
    result.push_back({one.id, [constraint = VersionConstraint::parse(one.version)](const std::string& text) {
                        const auto version = Version::parse(text);
                        return constraint && version && constraint->allows(*version);
                      }});
  }
  return result;
}

}  // namespace vernier::core
