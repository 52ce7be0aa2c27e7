#include "kernels/packing.h"

#include <algorithm>

namespace vernier::core {
namespace {

// Fixed bits per element and whole bytes, so that the compiler turns the loops into vectors.
template <int kBits>
void pack_bytes(const uint8_t* elements, int64_t bytes, std::byte* packed) {
  constexpr int kEach = 8 / kBits;
  constexpr unsigned kMask = (1u << kBits) - 1;
  for (int64_t i = 0; i < bytes; ++i) {
    unsigned byte = 0;
    for (int j = 0; j < kEach; ++j) byte |= (elements[i * kEach + j] & kMask) << (j * kBits);
    packed[i] = static_cast<std::byte>(byte);
  }
}

// (v ^ sign) - sign extends the sign; sign 0 leaves v alone.
template <int kBits>
void unpack_bytes(const std::byte* packed, int64_t bytes, uint8_t sign, uint8_t* elements) {
  constexpr int kEach = 8 / kBits;
  constexpr unsigned kMask = (1u << kBits) - 1;
  for (int64_t i = 0; i < bytes; ++i) {
    const auto byte = static_cast<unsigned>(packed[i]);
    for (int j = 0; j < kEach; ++j) {
      elements[i * kEach + j] = static_cast<uint8_t>(((byte >> (j * kBits) & kMask) ^ sign) - sign);
    }
  }
}

uint8_t unpack_one(const std::byte* packed, DType dtype, uint8_t sign, int64_t index) {
  const int64_t bit = index * dtype.bits;
  const unsigned value = static_cast<unsigned>(packed[bit / 8]) >> (bit % 8) & ((1u << dtype.bits) - 1);
  return static_cast<uint8_t>((value ^ sign) - sign);
}

}  // namespace

void pack(const uint8_t* elements, DType dtype, int64_t first, int64_t count, std::byte* packed) {
  const int each = 8 / dtype.bits;
  const int64_t bytes = count / each;
  packed += first / each;
  if (dtype.bits == 4)
    pack_bytes<4>(elements, bytes, packed);
  else
    pack_bytes<2>(elements, bytes, packed);
  if (count % each == 0) return;
  uint8_t rest[4] = {};
  std::copy(elements + bytes * each, elements + count, rest);
  if (dtype.bits == 4)
    pack_bytes<4>(rest, 1, packed + bytes);
  else
    pack_bytes<2>(rest, 1, packed + bytes);
}

void unpack(const std::byte* packed, DType dtype, int64_t first, int64_t count, uint8_t* elements) {
  const uint8_t sign = static_cast<uint8_t>(dtype.is_signed() ? 1u << (dtype.bits - 1) : 0u);
  const int each = 8 / dtype.bits;
  int64_t i = 0;
  for (; i < count && (first + i) % each != 0; ++i) elements[i] = unpack_one(packed, dtype, sign, first + i);
  const int64_t bytes = (count - i) / each;
  const std::byte* from = packed + (first + i) / each;
  if (dtype.bits == 4)
    unpack_bytes<4>(from, bytes, sign, elements + i);
  else
    unpack_bytes<2>(from, bytes, sign, elements + i);
  for (i += bytes * each; i < count; ++i) elements[i] = unpack_one(packed, dtype, sign, first + i);
}

}  // namespace vernier::core
