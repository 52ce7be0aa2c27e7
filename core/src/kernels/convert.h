// Half-precision elements as float32. Exact, as every value of theirs is one of float32; NaN keeps its bits.
#pragma once

#include <cstdint>

namespace vernier::core {

void bfloat16_to_float32(const uint16_t* x, float* y, int64_t n);
void float16_to_float32(const uint16_t* x, float* y, int64_t n);

}  // namespace vernier::core
