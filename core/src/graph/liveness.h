// Until when each value of a graph is needed.
#pragma once

#include <cstdint>
#include <vector>

#include "graph/graph.h"

namespace vernier::core {

inline constexpr uint32_t kNeverRead = 0xffffffff;
inline constexpr uint32_t kUntilTheEnd = 0xfffffffe;

// For each value the place of the last node that reads it; kNeverRead where none does; kUntilTheEnd for the
// graph's outputs. The graph must be valid (validate.h).
[[nodiscard]] std::vector<uint32_t> last_readers(const Graph& graph);

}  // namespace vernier::core
