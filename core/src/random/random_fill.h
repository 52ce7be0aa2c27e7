// Fills tensors with random numbers.
#pragma once

#include <cstddef>
#include <cstdint>

#include "random/philox.h"
#include "vernier/dtype.h"

namespace vernier::core {

struct Distribution {
  enum class Kind { kNormal, kUniform };
  Kind kind = Kind::kNormal;
  double mean = 0;
  double std = 1;
  double low = 0;  // uniform floats: [low, high)
  double high = 1;
  int64_t integer_low = 0;  // uniform integers: [integer_low, integer_high)
  int64_t integer_high = 2;
};

// Elements [first, first + count) of a tensor of `dtype`, written to `out`; `first` is a multiple of 4.
// float32, bfloat16 (rounded half to even from float32); int32, int64 and bool from kUniform. Element i is
// the same however the tensor is cut into calls. Normal numbers by the ziggurat of Marsaglia and Tsang, "The
// ziggurat method for generating random variables", 2000.
void fill_random(std::byte* out, DType dtype, uint64_t first, uint64_t count,
                 const Distribution& distribution, const RandomStream& stream);

}  // namespace vernier::core
