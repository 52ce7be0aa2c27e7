// "Did you mean": the closest of the legal names to a misspelt one.
#pragma once

#include <cstddef>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "vernier/core/suggestion.h"  // did_you_mean()

namespace vernier::core {

// Insertions, deletions, substitutions and swaps of neighbours that turn `a` into `b`, letters compared
// without case (the optimal string alignment distance). Answers `limit + 1` as soon as it is clear that the
// distance exceeds `limit`.
size_t edit_distance(std::string_view a, std::string_view b, size_t limit);

// The candidate with the smallest distance to `word`, the first of equals; none when all of them differ in
// more than a third of the word (at least one letter), so that a hint is a plausible slip and not just the
// least bad name.
std::optional<std::string> nearest(std::string_view word, const std::vector<std::string>& candidates);

}  // namespace vernier::core
