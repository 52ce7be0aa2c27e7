// Recipes that stand on others: "extends" names a preset or a file, and what the recipe itself says goes over
// what is said there.
#pragma once

#include <filesystem>
#include <nlohmann/json.hpp>
#include <vector>

#include "recipe/recipe_source.h"

namespace vernier::core {

inline constexpr size_t kMostExtended = 8;  // recipes that stand on one another

// Replaces `value`, the recipe in `file`, by what it and all that it extends say together, and `source`'s
// places by theirs. As RFC 7396 (JSON Merge Patch) merges, the recipe being the patch: objects by key,
// anything else as a whole, null takes a key away. But of quantization.rules the extended recipe's stand
// first, so that the recipe's own come last and win. Paths mean the folder of the file that they stand in. A
// name without
// ".json" at its end is that of a preset, see Presets. Returns the files that were read, absolute. Throws
// Error (kUsage) where something is not found, is no JSON, stands on itself, or on more than kMostExtended
// others.
std::vector<std::filesystem::path> extend(nlohmann::json& value, RecipeSource& source,
                                          const std::filesystem::path& file);

// Makes the paths of a recipe, or of a part of one, absolute: those that are relative mean `folder`.
void make_paths_absolute(nlohmann::json& recipe, const std::filesystem::path& folder);

// All of a recipe's text. Throws Error (kUsage) where it cannot be read.
[[nodiscard]] std::string read_recipe_text(const std::filesystem::path& file);

}  // namespace vernier::core
