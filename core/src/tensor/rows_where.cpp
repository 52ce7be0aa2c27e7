#include "tensor/rows_where.h"

#include <algorithm>
#include <cstring>

namespace vernier::core {

Tensor rows_where(const Tensor& x, const Tensor& where) {
  const auto* is_kept = where.as<uint8_t>();
  const int64_t rows = where.elements();
  const int64_t kept = std::count(is_kept, is_kept + rows, uint8_t{1});
  Shape shape = x.shape;
  std::fill_n(shape.begin(), where.shape.size(), 1);
  shape[0] = kept;
  Tensor result = x;
  result.shape = shape;
  if (kept == rows) return result;
  result = Tensor::allocate(x.dtype, shape);
  const uint64_t row_bytes = rows == 0 ? 0 : x.bytes() / static_cast<uint64_t>(rows);
  auto* out = result.mutable_as<std::byte>();
  for (int64_t row = 0; row < rows; ++row) {
    if (is_kept[row] == 0) continue;
    std::memcpy(out, x.data + static_cast<uint64_t>(row) * row_bytes, row_bytes);
    out += row_bytes;
  }
  return result;
}

}  // namespace vernier::core
