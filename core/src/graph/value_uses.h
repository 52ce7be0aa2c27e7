// What folding must know of each recorded value before it can decide: is it on a grid, and who reads it how.
#pragma once

#include <optional>
#include <vector>

#include "graph/graph.h"

namespace vernier::core {

bool is_fake_quantize(const GraphNode& node);
// Integers and booleans without qparams: indices, shapes, masks. Neither float nor codes.
bool is_plain_integer(const GraphValue& value);

// Values of a traced graph that serve nothing but the rows that observers see (GraphNode::site), by value: no
// reading but kCalibrate needs them, and no file has them.
std::vector<bool> serve_observed_rows(const Graph& traced);

// The recorded graph without fake_quantize nodes whose site stays float and without nodes that no output
// needs. Values keep their indices; those that lost their node stay behind unused.
Graph drop_identities(const Graph& recorded);

// Qparams of the values that hold only multiples of a scale whatever folding does: constants with codes,
// results of fake_quantize, and views of these. Indexed by value.
std::vector<std::optional<QParams>> grids(const Graph& graph);

// How a value that is not on a grid is read.
struct ValueUse {
  bool as_float = false;  // by an op, or as a graph output
  bool sliced = false;    // a fake_quantize follows a slice of it, so those qparams cover only a part of it
  bool differs = false;   // its fake_quantizes have different qparams
  std::optional<QParams> first;  // of the first fake_quantize in execution order, looked at through views

  // The qparams that its producer should give it; nothing: it stays float. Qparams that saw only a slice
  // would clip the rest, so they count only while all agree.
  [[nodiscard]] std::optional<QParams> planned() const {
    return as_float || (sliced && differs) ? std::nullopt : first;
  }
};
std::vector<ValueUse> value_uses(const Graph& graph, const std::vector<std::optional<QParams>>& grids);

}  // namespace vernier::core
