// Scales and zero points from observed ranges. The rules stand in vernier/abi/kernels.h; they agree with TICO 0.3.0, whose floor of
// 1e-8 bounds the final scale.
#pragma once

#include <cstdint>
#include <span>

#include "quantization/qparams.h"

namespace vernier::core {

// `low`, `high`, `scale`, `zero_point` have one entry a scale. `one_scale` is true for a per-tensor spec: only then a constant tensor
// keeps its value exactly. float32 throughout, half to even.
// Throws Error (kData) where low > high (nothing was collected) or a bound is not finite.
void affine_qparams(DType dtype, Scheme scheme, bool one_scale, std::span<const float> low, std::span<const float> high, std::span<float> scale,
                    std::span<int32_t> zero_point);

}  // namespace vernier::core
