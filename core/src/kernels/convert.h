// Half-precision floats to float32.
#pragma once

#include <cstdint>

namespace vernier::core {

void bfloat16_to_float32(const uint16_t* x, float* y, int64_t n);
void float16_to_float32(const uint16_t* x, float* y, int64_t n);

}  // namespace vernier::core
