// Weights that are lost on the way to codes: values that are not zero, smaller than half a step.
#pragma once

#include <cstdint>
#include <functional>
#include <vector>

#include "tensor/qparams.h"
#include "tensor/tensor.h"

namespace vernier::core {

struct ZeroCodes {
  // Channels of which each code means 0 although some value is not, ascending; channel 0 where one scale
  // serves the whole tensor.
  std::vector<int64_t> channels;
  float greatest = 0;     // the greatest |value| of those channels
  bool is_whole = false;  // the tensor has such a channel, and no code of the others means anything but 0
};

// Gives elements [first, first + count) of a tensor as float32; there is room for them at `to`.
using ReadFloats = std::function<void(int64_t first, int64_t count, float* to)>;

// For a tensor of `shape` with finite values. A few thousand of them are read at once, each at most once; a
// channel is left soon after its first value that is not lost.
ZeroCodes zero_codes(const Shape& shape, const QParams& qparams, const ReadFloats& read);

}  // namespace vernier::core
