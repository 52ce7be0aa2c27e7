// What an evaluation keeps of a sample's float run until its rounded one is there, told from the graph.
#pragma once

#include <cstdint>
#include <vector>

#include "graph/graph.h"

namespace vernier::core {

struct Waiting {
  uint64_t bytes = 0;
  std::vector<ValueIndex> inputs;  // among them
};

// Outputs, and values at sites, which statistics hold up to their limit.
[[nodiscard]] Waiting waiting_of(const Graph& graph);

}  // namespace vernier::core
