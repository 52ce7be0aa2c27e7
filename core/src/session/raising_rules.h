// Rules of a recipe that give sites another dtype.
#pragma once

#include <filesystem>
#include <nlohmann/json_fwd.hpp>
#include <span>
#include <string>
#include <vector>

#include "session/prepare.h"

namespace vernier::core {

// Whether a rule can give the site a dtype of more bits: it is an activation with fewer, and not one that
// stays float.
[[nodiscard]] bool is_raisable(const Site& site, DType dtype);

// One rule for each site that is raisable and tied to none (its owner's rule counts for it), in the order of
// `sites`. A scheme is named where the site has one that the dtype does not have by itself.
[[nodiscard]] nlohmann::ordered_json raising_rules(const Prepared& p, std::span<const int> sites,
                                                   DType dtype);

// Throws Error (kUsage) where such a recipe could not be written: `file` is there already, `recipe` is not a
// file, or `overrides` would be lost.
void refuse_raised_recipe(const std::filesystem::path& recipe, const std::vector<std::string>& overrides,
                          const std::filesystem::path& file);
// A recipe of these rules behind those of `recipe`, which it extends by a path as seen from `file`. Throws
// Error (kData) where it cannot be written.
void write_raised_recipe(const nlohmann::ordered_json& rules, const std::filesystem::path& recipe,
                         const std::filesystem::path& file, const std::string& comment);

}  // namespace vernier::core
