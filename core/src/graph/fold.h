// Qparam folding: from what the recorder saw (float ops with fake_quantize between them) to what a file says
// (values with qparams).
//
// Recorded: each quantize call is a node "fake_quantize" (one input, one output) whose output value carries
// the qparams (none or `is_float`: the site stays float) and whose attribute "site" is the site's path. A
// weight used quantized is a constant with qparams and the dtype of its codes. Everything else is float, or
// plain integers (indices).
//
// Folded: no fake_quantize is left, and each node other than quantize, requantize and dequantize is all float
// or all codes (plain integers aside, and the float bias of a linear that bias.h can code).
//   - A value read only through fake_quantize, directly or through views, gets the qparams of the first one
//   in execution order, if
//     its producer can work on codes: all its operands are quantized, or it is a graph input or constant.
//   - The same qparams again are the same value; others become a `requantize` of that value.
//   - A value that is also read as float, or is a graph output without fake_quantize, stays float: each of
//   its fake_quantizes
//     becomes a `quantize`. So does one whose producer works on floats.
//   - Views (reshape, permute, slice, strided_slice, expand, split; concat of equal qparams) of quantized
//   values are quantized. A concat of
//   values with
//     different qparams whose result is quantized gets its inputs requantized to the result's: the same
//     numbers. Qparams measured on one slice of a value are not given to the whole unless all readers agree
//     on them.
//   - A float op reads quantized operands through `dequantize`.
// Values keep their producer's name; the output of quantize and requantize is named after its site.
#pragma once

#include <vector>

#include "graph/graph.h"

namespace vernier::core {

struct Folded {
  Graph graph;
  // The recorded value that each value of `graph` stands for, kNoValue for outputs of quantize, requantize
  // and dequantize: where the bytes of a constant come from.
  std::vector<ValueIndex> origin;
  // Constants that were recorded as float and have qparams now: the host must code them. Values of `graph`,
  // ascending.
  std::vector<ValueIndex> to_code;
};

// Values that no output needs are gone, except graph inputs: the signature stays. Equal graphs fold to equal
// graphs. Throws Error (kInternal) where `recorded` is not what a recorder leaves.
Folded fold(const Graph& recorded);

}  // namespace vernier::core
