// Axes whose extent the caller of a file chooses: found by holding two traces of a forward against each
// other.
#pragma once

#include <cstdint>
#include <string>

#include "graph/graph.h"

namespace vernier::core {

// `graph` was traced with one extent, `other` with another one, in the place of each axis that is open, and
// with equal inputs besides. Returns `graph` with GraphValue::extents set to `name` where an axis follows;
// the shape of a reshape is -1 there. Throws Error (kPlugin, VERNIER_UNIMPLEMENTED) naming node and module
// where the two differ in more: in their steps, a constant, an attribute; or where an axis has an extent that
// is another function of the open one.
[[nodiscard]] Graph with_open_extents(const Graph& graph, const Graph& other, const std::string& name,
                                      int64_t extent, int64_t other_extent);

}  // namespace vernier::core
