// A matrix of packed codes with its axes exchanged.
#pragma once

#include <vernier/dtype.h>

#include <cstddef>
#include <cstdint>
#include <cstring>
#include <vector>

namespace onnx_backend {

// [rows, columns] in, [columns, rows] out; 4-bit codes stay packed two to a byte, low half first.
inline std::vector<std::byte> transposed(const std::vector<std::byte>& from, vernier::DType dtype,
                                         int64_t rows, int64_t columns) {
  std::vector<std::byte> to(from.size());
  const auto at = [](int64_t row, int64_t column, int64_t width) {
    return static_cast<size_t>(row * width + column);
  };
  if (dtype.bits == 4) {
    for (int64_t row = 0; row < rows; ++row) {
      for (int64_t column = 0; column < columns; ++column) {
        const size_t source = at(row, column, columns), target = at(column, row, rows);
        const std::byte code = (from[source / 2] >> (source % 2 * 4)) & std::byte{15};
        to[target / 2] |= code << (target % 2 * 4);
      }
    }
    return to;
  }
  const size_t width = dtype.bits / 8;
  constexpr int64_t kTile = 64;  // rows whose lines stay in the cache
  for (int64_t tile = 0; tile < rows; tile += kTile) {
    for (int64_t column = 0; column < columns; ++column) {
      for (int64_t row = tile; row < rows && row < tile + kTile; ++row) {
        std::memcpy(to.data() + at(column, row, rows) * width, from.data() + at(row, column, columns) * width,
                    width);
      }
    }
  }
  return to;
}

}  // namespace onnx_backend
