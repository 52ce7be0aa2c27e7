// What sites cost at the outputs, told in about the time of a dozen forwards of one sample however many sites
// there are.
#pragma once

#include <span>
#include <vector>

#include "sensitivity/site_costs.h"

namespace vernier::core {

// By row: the estimated power of the outputs' error, in the power of the float run's outputs, where the row's
// sites alone are quantized; NaN where the graph uses none of them.
//
// The graph is cut where few bytes are needed later. A row runs, from its first site to the next cut, with
// its sites quantized; what came of it there is counted by the cut's gain: the error at the outputs in that
// at the cut, both in the power of what the float run has there, of one run in which all sites of the piece
// before the cut are quantized and none behind it. An error at one cut is so taken to be as harmful as any
// other there, which the full measure (SiteCosts) does not take for granted; rows of the last piece are
// exact. Throws Error: an op's, a stop.
[[nodiscard]] std::vector<double> estimate_costs(SiteCosts& costs, const CompiledGraph& compiled,
                                                 std::span<const Tensor> inputs, const SiteQParams& quantized,
                                                 std::span<const CostRow> rows);

// Places where a graph is cut into about `pieces` pieces of as many nodes, each moved to where the fewest
// bytes are needed later; the last one is the end of the graph. Ascending.
[[nodiscard]] std::vector<uint32_t> cheap_cuts(const Graph& graph, uint32_t pieces);

}  // namespace vernier::core
