#include "tensor/safetensors_dtype.h"

#include <limits>

namespace vernier::core {
namespace {

constexpr struct {
  std::string_view word;
  DType dtype;
} kDtypes[] = {
    {"F64", {VERNIER_DTYPE_FLOAT, 64}},
    {"F32", kFloat32},
    {"F16", kFloat16},
    {"BF16", kBFloat16},
    {"I64", kInt64},
    {"I32", kInt32},
    {"I16", kInt16},
    {"I8", kInt8},
    {"U64", {VERNIER_DTYPE_UINT, 64}},
    {"U32", {VERNIER_DTYPE_UINT, 32}},
    {"U16", {VERNIER_DTYPE_UINT, 16}},
    {"U8", kUInt8},
    {"BOOL", kBool},
};

// Two formats of one size: names and shapes of such tensors can be told, and none is ever written.
constexpr DType kFloat8 = {VERNIER_DTYPE_FLOAT, 8};

}  // namespace

DType parse_safetensors_dtype(std::string_view word) {
  if (word == "F8_E4M3" || word == "F8_E5M2") return kFloat8;
  for (const auto& one : kDtypes) {
    if (one.word == word) return one.dtype;
  }
  return {};
}

std::string_view safetensors_dtype(DType dtype) {
  for (const auto& one : kDtypes) {
    if (one.dtype == dtype) return one.word;
  }
  return {};
}

std::string safetensors_dtypes() {
  std::string words;
  for (const auto& one : kDtypes) words.append(words.empty() ? "" : ", ").append(one.word);
  return words;
}

std::optional<uint64_t> checked_bytes(DType dtype, const Shape& shape) {
  uint64_t product = dtype.bits / 8;
  bool empty = false;
  for (int64_t extent : shape) {
    if (extent < 0) return std::nullopt;
    if (extent == 0) empty = true;
    if (extent != 0 && __builtin_mul_overflow(product, static_cast<uint64_t>(extent), &product))
      return std::nullopt;
    if (product > static_cast<uint64_t>(std::numeric_limits<int64_t>::max())) return std::nullopt;
  }
  return empty ? 0 : product;
}

}  // namespace vernier::core
