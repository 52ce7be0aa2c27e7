// Between float32 and integer codes. The same rounding as fake_quant.h.
#pragma once

#include <cstddef>
#include <cstdint>

#include "vernier/dtype.h"

namespace vernier::core {

// codes[i] = clamp(nearbyint(x[i] * (1 / scale)) + zero_point, qmin, qmax) of `dtype`, packed as the dtype says from element `first` on of
// the flattened tensor (below 8 bits: `first` even). n elements with one scale.
void encode_run(const float* x, std::byte* packed, int64_t first, int64_t n, float scale, int32_t zero_point, DType dtype);
// y[i] = (code[first + i] - zero_point) * scale.
void expand_run(const std::byte* packed, float* y, int64_t first, int64_t n, float scale, int32_t zero_point, DType dtype);

}  // namespace vernier::core
