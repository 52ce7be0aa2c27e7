// From observed ranges to scales and zero points.
#pragma once

#include <cstdint>
#include <span>

#include "tensor/qparams.h"

namespace vernier::core {

// Writes lo.size() scales and zero points. All in float32, rounding half to even; the rules are those of TICO
// 0.3.0:
//   symmetric:   scale = max(|lo|, |hi|) / qmax, zero_point = 0
//   asymmetric:  the range is widened to contain 0; scale = range / (qmax - qmin),
//                zero_point = clamp(round(qmin - lo / scale), qmin, qmax)
//   asymmetric and `per_tensor`, of a constant C (hi - lo < 1e-8): |C| <= 1e-8 -> scale 1, zero_point 0; C >
//   0 -> scale C,
//                zero_point 0; C < 0 -> scale |C|, zero_point qmax. All three represent C exactly.
// No scale is below 1e-8. The outputs are untouched on an Error, of which `where` is the channel unless
// `per_tensor`:
//   kData   lo > hi: nothing was collected; a bound that is NaN or infinite; a range whose width is not a
//   float32 kUsage  symmetric with an unsigned dtype; a dtype that is not an integer of 2 to 16 bits
//   kInternal  spans of different lengths
void affine_qparams(DType dtype, Scheme scheme, bool per_tensor, std::span<const float> lo,
                    std::span<const float> hi, std::span<float> scale, std::span<int32_t> zero_point);

}  // namespace vernier::core
