// Quantizing a whole tensor as a site's qparams say: the host's tensors on the kernels' loops.
#pragma once

#include <vector>

#include "tensor/qparams.h"
#include "tensor/tensor.h"

namespace vernier::core {

class ThreadPool;

// float32 in, float32 out, same shape: what `x` becomes after a round trip through its codes. qparams per
// tensor or along an axis.
Tensor fake_quantize(const Tensor& x, const QParams& qparams, ThreadPool& pool);
// float32 in, packed codes of qparams.dtype out, same shape.
Tensor encode(const Tensor& x, const QParams& qparams, ThreadPool& pool);
// Codes in, float32 out.
Tensor expand_codes(const Tensor& codes, const QParams& qparams, ThreadPool& pool);
// Rows of a [rows, columns] table of codes as float32 of shape `indices_shape` + [columns].
Tensor expand_code_rows(const Tensor& codes, const QParams& qparams, const std::vector<int64_t>& rows,
                        const Shape& indices_shape, ThreadPool& pool);
// The same for a table of floats in any float dtype.
Tensor float_rows(const Tensor& table, const std::vector<int64_t>& rows, const Shape& indices_shape,
                  ThreadPool& pool);
// int32 or int64 indices, each checked against [0, rows). Throws Error (kData) naming `table` and the bad
// index.
std::vector<int64_t> row_numbers(const Tensor& indices, int64_t rows, const std::string& table);
// float32, float16 or bfloat16 in; a float32 tensor is handed through without a copy.
Tensor to_float32(const Tensor& x, ThreadPool& pool);

}  // namespace vernier::core
