// What a reduction reduces: operand 0, over the axes that operand 1 names.
#pragma once

#include <cstdint>
#include <vector>

#include "call.h"

namespace circle_executor {

struct Reduction {
  std::vector<int64_t> strides;  // of the result along the operand's axes, 0 where reduced
  int64_t count = 1;             // the operand's elements to one of the result
};

// Reads ReducerOptions. Throws Error where the axes do not fit or the file's result has another shape.
Reduction reduction_of(const Call& call);

// Whether sums of the tensor's codes are exact in 64 bits.
inline bool has_small_codes(const Tensor& tensor) {
  return tensor.is_quantized() && tensor.is_per_tensor() && tensor.file.dtype.bits <= 16;
}

}  // namespace circle_executor
