// The dtypes of safetensors files in that format's words.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include "tensor/tensor.h"

namespace vernier::core {

// "F32", "BF16", "U8", …; not set or empty for what the format or this reader has no word for. "F8_E4M3" and
// "F8_E5M2" are float8, which has no word of its own.
DType parse_safetensors_dtype(std::string_view word);
std::string_view safetensors_dtype(DType dtype);
// "F64, F32, …", for hints.
std::string safetensors_dtypes();

// Bytes of a tensor of whole-byte elements; none for a negative extent or where the product of extents leaves
// 63 bits. Zeros are left out of the product, so that the answer does not hang on where they stand.
std::optional<uint64_t> checked_bytes(DType dtype, const Shape& shape);

}  // namespace vernier::core
