// Circle and TFLite are one family of tables; this is what differs.
//
// TFLite as LiteRT executes it: signed codes only (an unsigned value becomes the signed one half a range
// lower, the same reals), weights with zero point 0, no operators of Circle's own. Where LiteRT has no
// integer kernel, or one that strays from the rounded exact result by more than a step, the operator is
// computed in float32 between DEQUANTIZE and QUANTIZE.
#pragma once

#include <vernier/dtype.h>
#include <vernier/graph.h>

#include <cstdint>

namespace circle_backend {

enum class Dialect { kCircle, kTflite };

// What a byte of a constant is xor-ed with where its unsigned codes become signed ones; 0: stored as it is.
inline uint8_t code_flip(Dialect dialect, vernier::DType dtype) {
  if (dialect != Dialect::kTflite) return 0;
  return dtype == vernier::kUInt8 ? 0x80 : dtype == vernier::kUInt4 ? 0x88 : 0;
}

// The value as the dialect has it: the same reals.
inline void to_dialect(Dialect dialect, vernier::GraphValue& value) {
  if (!value.is_quantized() || code_flip(dialect, value.dtype) == 0) return;
  const int32_t half = 1 << (value.dtype.bits - 1);
  value.dtype = {VERNIER_DTYPE_INT, value.dtype.bits};
  for (int32_t& zero_point : value.zero_point) zero_point -= half;
}

}  // namespace circle_backend
