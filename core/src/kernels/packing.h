// Elements of 4 or 2 bits in bytes: low bits first over the flattened tensor, without padding between rows.
#pragma once

#include <cstddef>
#include <cstdint>

#include "vernier/dtype.h"

namespace vernier::core {

// Writes elements [first, first + count) of `packed` from one byte each, of which the low bits count. `first`
// begins a byte; bits of the last byte past the end become 0.
void pack(const uint8_t* elements, DType dtype, int64_t first, int64_t count, std::byte* packed);

// Reads elements [first, first + count) of `packed` into one byte each, sign-extended where the dtype is
// signed.
void unpack(const std::byte* packed, DType dtype, int64_t first, int64_t count, uint8_t* elements);

}  // namespace vernier::core
