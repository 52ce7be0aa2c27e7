// Where a bias does not fit its integer: a weight channel that is zero or tiny has a tiny scale, so the bias
// in units of s_input * s_weight[i] passes the end of int32. The cure is a greater scale for that channel.
#pragma once

#include <cstddef>
#include <vector>

#include "graph/bias.h"
#include "graph/graph.h"

namespace vernier::core {

struct SmallWeightScale {
  ValueIndex weight = kNoValue;  // a value of the graph, with qparams
  ValueIndex bias = kNoValue;    // the constant that needs the greatest scale
  size_t index = 0;              // which of the weight's scales
  float needed = 0;              // the least scale at which all its biases fit; greater than the present one
};

// The scales of weights at which some bias that plan_biases would code does not fit, by weight and index. A
// bias fits where the accumulator never overflows: |code| plus the greatest sum of products is in the range
// of the bias dtype (half of the range is enough for the bias where the sum alone could pass it), and the
// bias scale is a normal float32. `graph` is folded. Throws Error (kData) for a bias that is not finite, and
// for one that no float32 scale can hold.
std::vector<SmallWeightScale> small_weight_scales(const Graph& graph, const FloatReader& read);

}  // namespace vernier::core
