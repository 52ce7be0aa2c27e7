// What an evaluation keeps of a sample's float run until its rounded one is there, told from the graph.
#pragma once

#include <cstdint>
#include <vector>

#include "graph/graph.h"
#include "graph/live_bytes.h"

namespace vernier::core {

struct Waiting {
  uint64_t bytes = 0;
  std::vector<ValueIndex> inputs;  // among them
};

// Of the values at the graph's sites, those that statistics hold of a float run until the rounded one has
// come by, up to their limit: whose elements each has, constants left out; one may come again. `counted`:
// bytes that count to the limit, before and after.
[[nodiscard]] std::vector<ValueIndex> held_at_sites(const Graph& graph, const LiveBytes& live,
                                                    uint64_t& counted);

// Outputs, and values at sites, which statistics hold up to their limit.
[[nodiscard]] Waiting waiting_of(const Graph& graph);

}  // namespace vernier::core
