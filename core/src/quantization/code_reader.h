// Single codes out of a tensor of them: elements of 8 and 16 bits, or of 4 and 2 bits packed low bits first
// over the flattened tensor. For loops that are plain before they are fast.
#pragma once

#include <cstddef>
#include <cstdint>
#include <cstring>

#include "vernier/dtype.h"

namespace vernier::core {

// Code `index` of `codes`, an integer dtype of 2, 4, 8 or 16 bits.
[[nodiscard]] inline int32_t code_at(const std::byte* codes, DType dtype, int64_t index) {
  uint32_t bits = 0;
  if (dtype.bits == 16) {
    uint16_t both = 0;
    std::memcpy(&both, codes + index * 2, 2);
    bits = both;
  } else {
    const int64_t bit = index * dtype.bits;
    bits = static_cast<uint32_t>(codes[bit / 8]) >> (bit % 8) & ((1u << dtype.bits) - 1);
  }
  const uint32_t sign = dtype.is_signed() ? 1u << (dtype.bits - 1) : 0u;
  return static_cast<int32_t>(bits ^ sign) - static_cast<int32_t>(sign);
}

}  // namespace vernier::core
