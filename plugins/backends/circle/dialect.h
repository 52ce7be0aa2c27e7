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

// What codes of 4 and 8 bits are in the file. Those of the other sign move by half a range, with the zero
// point: the same reals.
enum class Codes { kAsIs, kUnsigned, kSigned };

// What a byte of a constant is xor-ed with where its codes change their sign; 0: stored as it is.
inline uint8_t code_flip(Codes codes, vernier::DType dtype) {
  const bool is_other = codes == Codes::kSigned     ? dtype == vernier::kUInt8 || dtype == vernier::kUInt4
                        : codes == Codes::kUnsigned ? dtype == vernier::kInt8 || dtype == vernier::kInt4
                                                    : false;
  if (!is_other) return 0;
  return dtype.bits == 8 ? 0x80 : 0x88;
}

// The value as the file has it.
inline void to_codes(Codes codes, vernier::GraphValue& value) {
  if (!value.is_quantized() || code_flip(codes, value.dtype) == 0) return;
  const int32_t half = 1 << (value.dtype.bits - 1);
  const bool is_to_signed = codes == Codes::kSigned;
  value.dtype = {is_to_signed ? VERNIER_DTYPE_INT : VERNIER_DTYPE_UINT, value.dtype.bits};
  for (int32_t& zero_point : value.zero_point) zero_point += is_to_signed ? -half : half;
}

}  // namespace circle_backend
