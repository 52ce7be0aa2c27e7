// The graph that a file has, in a form that an interpreter runs: what the file's integers mean, node by node.
#pragma once

#include <vector>

#include "graph/graph.h"

namespace vernier::core {

struct ExactForm {
  // Values of codes are float32 here and "fake_quantize" puts them on their grids, which stand at the node's
  // result; no quantize, requantize or dequantize is left. Constants are those of the file's graph, with
  // their names, dtypes and qparams.
  Graph graph;
  // The value of `graph` that holds the reals of each value of the file's graph.
  std::vector<ValueIndex> reals;
};

// `folded` is a graph without fake_quantize, see fold.h. An operator is a function of the reals that its
// operands mean; its result is rounded once, to the result's grid. A requantize rounds what was rounded
// before. Throws Error (kInternal) for a graph that is not folded.
// What the consumer fixes stands in the graph, see lower.h. What a backend makes of one node in several steps
// (a type in between) is rounded once here, and in the file at each step.
[[nodiscard]] ExactForm exact_form(const Graph& folded);

}  // namespace vernier::core
