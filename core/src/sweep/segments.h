// Where a graph is cut so that a sweep takes all samples through one piece of it, then through the next.
#pragma once

#include <cstdint>
#include <functional>
#include <span>
#include <vector>

#include "graph/graph.h"

namespace vernier::core {

// Bytes that a constant takes while a segment holds it for the samples of a lane; 0 where ops read it as it
// lies.
using ConstantBytes = std::function<uint64_t(const GraphValue& constant)>;

// A place between two nodes that all graphs of an entry have, whatever the shapes of their inputs: the
// beginning or the end of a call, and how many sites come before.
struct Cut {
  uint32_t scope = 0;  // place among the graph's scopes
  bool is_end = false;
  uint32_t sites = 0;

  bool operator==(const Cut&) const = default;
};

// A piece of a graph: nodes [first, end).
struct Segment {
  uint32_t first = 0;
  uint32_t end = 0;

  bool operator==(const Segment&) const = default;
};

// Cuts of a traced graph, in order, so that the constants which nodes of one segment read whole take at most
// `most_bytes`. A segment takes more where there is no place to cut: inside a call without children, and
// between two nodes of one site, whose observer sees all that one sample brings before the next sample's. Of
// the places where a segment may end, those that use half of the bytes or more, the one where the fewest
// bytes wait in the store is taken. No cuts: the graph is one segment, as it is for 0 bytes.
[[nodiscard]] std::vector<Cut> choose_cuts(const Graph& graph, const ConstantBytes& constant_bytes,
                                           uint64_t most_bytes);

// The segments that the cuts make of another graph of the same entry.
[[nodiscard]] std::vector<Segment> segments_of(const Graph& graph, std::span<const Cut> cuts);

// What a segment does with values that are neither constants nor its own alone, each list in order.
struct SegmentValues {
  std::vector<ValueIndex> loads;  // made before, read here
  std::vector<ValueIndex> keeps;  // made here (an input: in the first), read later or an output
  std::vector<ValueIndex> drops;  // made before, not read later
};
// By segment. Outputs of the graph are read by the last one.
[[nodiscard]] std::vector<SegmentValues> values_of(const Graph& graph, std::span<const Segment> segments);

// The constants that a node reads whole, not by rows.
[[nodiscard]] std::vector<ValueIndex> whole_constants(const Graph& graph, const GraphNode& node);

}  // namespace vernier::core
