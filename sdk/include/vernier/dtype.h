// Element types by name: "uint8", "int16", "uint4", "float32", "bfloat16", "bool", …
#pragma once

#include <cstdint>
#include <string>
#include <string_view>

#include "vernier/abi/dtype.h"

namespace vernier {

struct DType {
  uint8_t code = VERNIER_DTYPE_INT;
  uint8_t bits = 0;  // 0: not set

  constexpr DType() = default;
  constexpr DType(uint8_t code_, uint8_t bits_) : code(code_), bits(bits_) {}
  constexpr DType(vernier_dtype abi)
      : code(abi.code), bits(abi.bits) {}  // NOLINT: the same thing on the other side
  [[nodiscard]] constexpr operator vernier_dtype() const {
    return {code, bits, static_cast<uint16_t>(bits == 0 ? 0 : 1)};
  }

  [[nodiscard]] constexpr bool is_set() const { return bits != 0; }
  [[nodiscard]] constexpr bool is_integer() const {
    return is_set() && (code == VERNIER_DTYPE_INT || code == VERNIER_DTYPE_UINT);
  }
  [[nodiscard]] constexpr bool is_signed() const { return code == VERNIER_DTYPE_INT; }
  // Range of the codes of an integer type: signed up to 64 bits, unsigned up to 32. 0 for everything else.
  [[nodiscard]] constexpr int64_t qmin() const { return is_integer() && is_signed() ? -qmax() - 1 : 0; }
  [[nodiscard]] constexpr int64_t qmax() const {
    const int digits = !is_integer() ? 0 : is_signed() ? bits - 1 : bits;
    return digits == 0 || digits > 63 ? 0 : static_cast<int64_t>((uint64_t{1} << digits) - 1);
  }
  // Bytes of `elements` packed elements.
  [[nodiscard]] constexpr uint64_t bytes(uint64_t elements) const {
    return bits % 8 == 0 ? elements * (bits / 8) : (elements * bits + 7) / 8;
  }

  friend constexpr bool operator==(DType a, DType b) { return a.code == b.code && a.bits == b.bits; }
  friend constexpr bool operator!=(DType a, DType b) { return !(a == b); }

  [[nodiscard]] std::string name() const {
    if (!is_set()) return "unset";
    if (code == VERNIER_DTYPE_BOOL) return "bool";
    const char* stem = code == VERNIER_DTYPE_INT     ? "int"
                       : code == VERNIER_DTYPE_UINT  ? "uint"
                       : code == VERNIER_DTYPE_FLOAT ? "float"
                                                     : "bfloat";
    return stem + std::to_string(bits);
  }

  // Not set when `name` is none.
  static DType parse(std::string_view name) {
    constexpr struct {
      std::string_view stem;
      uint8_t code;
    } stems[] = {{"uint", VERNIER_DTYPE_UINT},
                 {"int", VERNIER_DTYPE_INT},
                 {"bfloat", VERNIER_DTYPE_BFLOAT},
                 {"float", VERNIER_DTYPE_FLOAT}};
    if (name == "bool") return {VERNIER_DTYPE_BOOL, 8};
    for (const auto& [stem, code] : stems) {
      if (name.substr(0, stem.size()) != stem) continue;
      const std::string_view digits = name.substr(stem.size());
      for (uint8_t bits : {2, 4, 8, 16, 32, 64}) {
        if (digits == std::to_string(bits)) return {code, bits};
      }
    }
    return {};
  }
};

inline constexpr DType kFloat32{VERNIER_DTYPE_FLOAT, 32};
inline constexpr DType kFloat64{VERNIER_DTYPE_FLOAT, 64};
inline constexpr DType kFloat16{VERNIER_DTYPE_FLOAT, 16};
inline constexpr DType kBFloat16{VERNIER_DTYPE_BFLOAT, 16};
inline constexpr DType kUInt8{VERNIER_DTYPE_UINT, 8};
inline constexpr DType kUInt4{VERNIER_DTYPE_UINT, 4};
inline constexpr DType kInt4{VERNIER_DTYPE_INT, 4};
inline constexpr DType kInt8{VERNIER_DTYPE_INT, 8};
inline constexpr DType kInt16{VERNIER_DTYPE_INT, 16};
inline constexpr DType kInt32{VERNIER_DTYPE_INT, 32};
inline constexpr DType kInt64{VERNIER_DTYPE_INT, 64};
inline constexpr DType kBool{VERNIER_DTYPE_BOOL, 8};

}  // namespace vernier
