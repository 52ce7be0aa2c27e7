// Files above 2 GiB. A FlatBuffer ends there, so their constants stand behind it, and not every consumer of
// the format finds them: which ones do is a fact of their profiles.
#pragma once

#include <cstdint>
#include <nlohmann/json_fwd.hpp>
#include <span>
#include <string>

#include "graph/graph.h"
#include "vernier/core/profiles.h"
#include "vernier/core/recipe.h"

namespace vernier::core {

// The most bytes of constants that stand inside a FlatBuffer.
inline constexpr uint64_t kMostInside = (uint64_t{1} << 31) - 1;

// Bytes of the constants of a file that holds the planned graphs of these units; what several of them share
// stands there once.
[[nodiscard]] uint64_t constant_bytes(std::span<const size_t> units, std::span<const Graph> planned);

// For a file of a format that profiles are about, named `file`, with that many bytes of constants:
// {"bytes", "loaded_by": [names], "not_loaded_by": [names], "unknown": [names]}, where "unknown" are the
// profiles of the format that do not say. Null for a file below 2 GiB and for other formats. A profile that
// cannot be read is left out.
[[nodiscard]] nlohmann::json large_file(const std::string& file, uint64_t constant_bytes,
                                        const Profiles& profiles);

// Throws Error (kGate) with the recipe's line where the profile of export `i` says that its consumer loads no
// file with so many bytes of constants.
void refuse_large_file(const Recipe& recipe, size_t i, const Profile& profile, uint64_t constant_bytes);

}  // namespace vernier::core
