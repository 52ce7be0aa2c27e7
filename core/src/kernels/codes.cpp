#include "kernels/codes.h"

#include <cmath>
#include <cstring>

#include "vernier/core/error.h"

namespace vernier::core {

namespace {

int32_t encode_one(float x, float inverse, int32_t zero_point, DType dtype) {
  const float code = std::nearbyint(x * inverse) + static_cast<float>(zero_point);
  return static_cast<int32_t>(std::fmin(std::fmax(code, static_cast<float>(dtype.qmin())), static_cast<float>(dtype.qmax())));
}

template <typename T>
void encode_as(const float* x, std::byte* packed, int64_t first, int64_t n, float inverse, int32_t zero_point, DType dtype) {
  T* out = reinterpret_cast<T*>(packed) + first;
  for (int64_t i = 0; i < n; ++i) out[i] = static_cast<T>(encode_one(x[i], inverse, zero_point, dtype));
}

template <typename T>
void expand_as(const std::byte* packed, float* y, int64_t first, int64_t n, float scale, int32_t zero_point) {
  const T* in = reinterpret_cast<const T*>(packed) + first;
  for (int64_t i = 0; i < n; ++i) y[i] = static_cast<float>(static_cast<int32_t>(in[i]) - zero_point) * scale;
}

// Low nibble first. A run may begin or end inside a byte that belongs to two channels.
void encode_nibbles(const float* x, std::byte* packed, int64_t first, int64_t n, float inverse, int32_t zero_point, DType dtype) {
  for (int64_t i = 0; i < n; ++i) {
    const int64_t at = first + i;
    const auto code = static_cast<unsigned>(encode_one(x[i], inverse, zero_point, dtype)) & 15u;
    std::byte& both = packed[at / 2];
    both = at % 2 == 0 ? (both & std::byte{0xf0}) | std::byte(code) : (both & std::byte{0x0f}) | std::byte(code << 4);
  }
}

void expand_nibbles(const std::byte* packed, float* y, int64_t first, int64_t n, float scale, int32_t zero_point, bool is_signed) {
  for (int64_t i = 0; i < n; ++i) {
    const int64_t at = first + i;
    const auto both = static_cast<unsigned>(packed[at / 2]);
    int32_t code = static_cast<int32_t>(at % 2 == 0 ? both & 15u : both >> 4);
    if (is_signed && code > 7) code -= 16;
    y[i] = static_cast<float>(code - zero_point) * scale;
  }
}

}  // namespace

void encode_run(const float* x, std::byte* packed, int64_t first, int64_t n, float scale, int32_t zero_point, DType dtype) {
  const float inverse = 1.0f / scale;
  if (dtype.bits == 4) return encode_nibbles(x, packed, first, n, inverse, zero_point, dtype);
  if (dtype == kUInt8) return encode_as<uint8_t>(x, packed, first, n, inverse, zero_point, dtype);
  if (dtype == kInt8) return encode_as<int8_t>(x, packed, first, n, inverse, zero_point, dtype);
  if (dtype == kInt16) return encode_as<int16_t>(x, packed, first, n, inverse, zero_point, dtype);
  throw usage_error("codes of " + dtype.name() + " are not supported", {}, "use uint4, int4, uint8, int8 or int16");
}

void expand_run(const std::byte* packed, float* y, int64_t first, int64_t n, float scale, int32_t zero_point, DType dtype) {
  if (dtype.bits == 4) return expand_nibbles(packed, y, first, n, scale, zero_point, dtype.is_signed());
  if (dtype == kUInt8) return expand_as<uint8_t>(packed, y, first, n, scale, zero_point);
  if (dtype == kInt8) return expand_as<int8_t>(packed, y, first, n, scale, zero_point);
  if (dtype == kInt16) return expand_as<int16_t>(packed, y, first, n, scale, zero_point);
  throw usage_error("codes of " + dtype.name() + " are not supported", {}, "use uint4, int4, uint8, int8 or int16");
}

}  // namespace vernier::core
