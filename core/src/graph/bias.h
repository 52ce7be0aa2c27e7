// The bias of a quantized linear or convolution, coded so that it adds straight into the integer accumulator:
// scale[i] = s_input * s_weight[i].
#pragma once

#include <cstddef>
#include <functional>
#include <vector>

#include "graph/graph.h"

namespace vernier::core {

// linear, conv1d, conv2d, conv3d, or conv_transpose2d of one group, with its third operand present.
bool is_product_with_bias(const GraphNode& node);

// The axis of such a node's weight that is the bias's: 1 for conv_transpose2d, whose weight begins with what
// it takes, else 0.
int64_t output_axis(const GraphNode& node);

// Dtype of the bias codes: int32 for an input of at most 8 bits, int64 for 16 bits. Not set where no single
// scale per output exists: the input is not per tensor, or the weight is neither per tensor nor along the
// output_axis of `node`.
DType bias_dtype(const GraphNode& node, const QParams& input, const QParams& weight);

// Whether the host codes this node's bias: such a node of codes with a float constant as its bias, for which
// bias_dtype is set.
bool has_codable_bias(const Graph& graph, const GraphNode& node);

struct BiasCodes {
  ValueIndex value = kNoValue;  // the coded constant in the graph
  ValueIndex source =
      kNoValue;  // the float constant it was made from; another value where the bias has several readers
  std::vector<std::byte> codes;  // packed, little-endian, as the value's dtype says
  uint64_t saturated = 0;        // codes that had to be clamped to the dtype's range
};

struct BiasPlan {
  std::vector<BiasCodes> biases;  // by value index
  [[nodiscard]] uint64_t saturated() const;
};

// Elements of a float constant in float32.
using FloatReader = std::function<std::vector<float>(ValueIndex)>;

// Gives the float constant bias of each such node with quantized input and weight its dtype and qparams (zero
// point 0; axis 0, or per tensor where the weight is), and its codes: round half to even of bias / scale,
// both in float32 as TICO's QuantizeBias does. Codes beyond the range become its ends; there TICO's
// conversion from float wraps to the least value instead. A bias that others read too keeps its float value
// for them, and the linear reads a new constant at the end of the values. `graph` is folded. Throws Error
// (kData) for a bias or a scale that is not finite, or a scale that underflows to 0.
BiasPlan plan_biases(Graph& graph, const FloatReader& read);

}  // namespace vernier::core
