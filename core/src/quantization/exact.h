// Quantization in float64, as the formulas say it: what an integer runtime can be held to. The fake-quant run
// in float32 rounds on the way and lands beside a code now and then, the more often the finer the grid.
#pragma once

#include <vector>

#include "tensor/qparams.h"
#include "tensor/tensor.h"

namespace vernier::core {

class ThreadPool;

// float32, float16 or bfloat16 in, float64 out.
Tensor to_float64(const Tensor& x, ThreadPool& pool);
// float64 in, float32 out.
Tensor to_single(const Tensor& x);
// float32 or float64 in, float64 out: scale * (clamp(round(x / scale) + zero_point) - zero_point), half to
// even.
Tensor fake_quantize_exactly(const Tensor& x, const QParams& qparams);
// Codes in, float64 out: scale * (code - zero_point).
Tensor expand_codes_exactly(const Tensor& codes, const QParams& qparams, ThreadPool& pool);
// Rows of a [rows, columns] table of codes, shape `indices_shape` + [columns].
Tensor expand_code_rows_exactly(const Tensor& codes, const QParams& qparams, const std::vector<int64_t>& rows,
                                const Shape& indices_shape, ThreadPool& pool);

}  // namespace vernier::core
