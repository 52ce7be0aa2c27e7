#include "kernels/convert.h"

#include <bit>
#include <cmath>

namespace vernier::core {

void bfloat16_to_float32(const uint16_t* x, float* y, int64_t n) {
  for (int64_t i = 0; i < n; ++i) y[i] = std::bit_cast<float>(uint32_t{x[i]} << 16);
}

void float16_to_float32(const uint16_t* x, float* y, int64_t n) {
  for (int64_t i = 0; i < n; ++i) {
    const uint32_t sign = uint32_t{x[i] & 0x8000u} << 16;
    const uint32_t exponent = (x[i] >> 10) & 31u;
    const uint32_t fraction = x[i] & 1023u;
    if (exponent == 0) {
      const float small = std::ldexp(static_cast<float>(fraction), -24);  // zero and subnormals
      y[i] = sign != 0 ? -small : small;
    } else {
      const uint32_t wide = exponent == 31 ? 255u : exponent + 112u;
      y[i] = std::bit_cast<float>(sign | wide << 23 | fraction << 13);
    }
  }
}

}  // namespace vernier::core
