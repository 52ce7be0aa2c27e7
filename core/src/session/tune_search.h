// The search of `vernier tune`: over sets of rows, whatever tells whether a set is good.
#pragma once

#include <functional>
#include <vector>

namespace vernier::core {

using RowSet = std::vector<bool>;  // by row: it is in the set

// Whether a set meets the target. Asked again for a set, it answers the same.
using MeetsTarget = std::function<bool(const RowSet& rows)>;

// `order`: rows, the most wanted first. Finds by halving how many of the first rows meet the target, taking
// it that more rows never do worse; then leaves out each row of these, the last one first, without which the
// target is met still. All rows where they do not meet it, none where it is met without.
[[nodiscard]] RowSet fewest_rows(const std::vector<size_t>& order, const MeetsTarget& meets);

}  // namespace vernier::core
