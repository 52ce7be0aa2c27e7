// Weights that are lost on the way to codes: values that are not zero, smaller than half a step.
#pragma once

#include <cstdint>
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

// `values` are finite float32. One pass at most; a channel is left at its first value that is not lost.
ZeroCodes zero_codes(const Tensor& values, const QParams& qparams);

}  // namespace vernier::core
