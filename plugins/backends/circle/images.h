// Images and volumes: the graph has channels before the other axes, Circle behind them.
#pragma once

#include "ops.h"

namespace circle_backend {

using Extents = std::vector<int64_t>;

Extents permuted(const Extents& shape, const std::vector<int32_t>& axes);

// [N, C, H, W], [N, C, W] or [N, C, D, H, W] with the channels last, and `pads` around each axis in between.
// A signal of one axis becomes an image of height 1.
TensorIndex channels_last(Lowering& l, const vernier::GraphNode& node, TensorIndex x, const Extents& pads,
                          double value);
// What `emit` makes with channels last becomes the node's result.
void channels_first(Lowering& l, const vernier::GraphNode& node, const Element& element,
                    const std::function<void(TensorIndex)>& emit);

// Elements of the constant weight in the order of `axes`, its scales on `channel_axis`. A signal's weight has
// a height of 1.
TensorIndex rearranged_weight(Lowering& l, const vernier::GraphNode& node, const std::vector<int32_t>& axes,
                              int64_t channel_axis);

// Consumers want a bias: zeros where the graph has none. `input` and `weight` are what the operator reads.
TensorIndex bias_or_zeros(Lowering& l, const vernier::GraphNode& node, const Element& input,
                          TensorIndex weight, int64_t outputs, bool is_widened);

}  // namespace circle_backend
