// Quantization in float64, as the formulas say it: what an integer runtime can be compared with. The
// fake-quant run in float32 rounds on the way and lands beside a code now and then, the more often the finer
// the grid.
#pragma once

#include <cstddef>
#include <span>

#include "tensor/qparams.h"
#include "tensor/tensor.h"

namespace vernier::core {

// float32 in, float64 out.
[[nodiscard]] Tensor to_double(const Tensor& x);
// float64 in, float32 out.
[[nodiscard]] Tensor to_single(const Tensor& x);
// float32 or float64 in, float64 out: scale * (clamp(round(x / scale) + zero_point) - zero_point), half to
// even.
[[nodiscard]] Tensor fake_quantize_exactly(const Tensor& x, const QParams& qparams);
// Element i of the float64 result of `shape` is scale * (code - zero_point) of code `first` + i; `qparams`
// are those of a tensor of `shape`.
[[nodiscard]] Tensor expand_exactly(const std::byte* codes, int64_t first, const Shape& shape,
                                    const QParams& qparams);
// Rows by number of a [rows, columns] table of codes: float64 of shape [rows.size(), columns].
[[nodiscard]] Tensor expand_rows_exactly(const Tensor& codes, const QParams& qparams,
                                         std::span<const int64_t> rows);

}  // namespace vernier::core
