// Host steps that move elements without looking at them: of any dtype with whole bytes, codes too.
// docs/program.md has the formula of each. They refuse in words of their arguments; who calls them says
// where.
#pragma once

#include <cstdint>

#include "tensor/tensor.h"

namespace vernier::core::steps {

// Index `index` of `axis`, in `shape`: extent 1 there, or no such axis. Throws Error (kData).
[[nodiscard]] Tensor row(const Tensor& x, size_t axis, int64_t index, const Shape& shape);

struct RowsWritten {
  size_t axis = 0;
  int64_t first = 0;  // of the rows that are given
  int64_t count = 0;
  int64_t offset = 0;  // of the rows that are written
  int64_t ring = 0;    // 0: none
  bool drops = false;  // rows behind the last one are left out
};
// Changes `into`, whose memory nobody else may read. Throws Error (kData) before it writes anything.
void write_rows(const Tensor& rows, Tensor& into, const RowsWritten& which);

[[nodiscard]] Tensor concat(const Tensor& first, const Tensor& second, size_t axis);
// The same memory.
[[nodiscard]] Tensor reshape(const Tensor& x, const Shape& shape);
// int32 or int64.
[[nodiscard]] Tensor replace_token(const Tensor& tokens, int64_t token, int64_t replacement);

}  // namespace vernier::core::steps
