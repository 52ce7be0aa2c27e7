#include "quantization/site_quant.h"

#include <fmt/format.h>

#include <cstring>

#include "kernels/codes.h"
#include "kernels/convert.h"
#include "kernels/fake_quant.h"
#include "kernels/thread_pool.h"
#include "vernier/core/error.h"

namespace vernier::core {

namespace {

constexpr int64_t kGrain = 1 << 16;  // elements

Shape with_columns(Shape shape, int64_t columns) {
  shape.push_back(columns);
  return shape;
}

}  // namespace

Tensor fake_quantize(const Tensor& x, const QParams& qparams, ThreadPool& pool) {
  Tensor y = Tensor::allocate(kFloat32, x.shape);
  fake_quant(x.as<float>(), ChannelView::of(x.shape, qparams.axis), qparams, y.mutable_as<float>(), pool);
  return y;
}

Tensor encode(const Tensor& x, const QParams& qparams, ThreadPool& pool) {
  Tensor codes = Tensor::allocate(qparams.dtype, x.shape);
  to_codes(x.as<float>(), ChannelView::of(x.shape, qparams.axis), qparams, codes.mutable_as<std::byte>(),
           pool);
  return codes;
}

Tensor expand_codes(const Tensor& codes, const QParams& qparams, ThreadPool& pool) {
  Tensor y = Tensor::allocate(kFloat32, codes.shape);
  from_codes(codes.data, ChannelView::of(codes.shape, qparams.axis), qparams, y.mutable_as<float>(), pool);
  return y;
}

Tensor expand_code_rows(const Tensor& codes, const QParams& qparams, const std::vector<int64_t>& rows,
                        const Shape& indices_shape, ThreadPool& pool) {
  const int64_t columns = codes.shape[1];
  Tensor y = Tensor::allocate(kFloat32, with_columns(indices_shape, columns));
  from_codes_rows(codes.data, ChannelView::of(codes.shape, qparams.axis), qparams, columns, rows,
                  y.mutable_as<float>(), pool);
  return y;
}

Tensor float_rows(const Tensor& table, const std::vector<int64_t>& rows, const Shape& indices_shape,
                  ThreadPool& pool) {
  const int64_t columns = table.shape[1];
  Tensor gathered = Tensor::allocate(table.dtype, with_columns(indices_shape, columns));
  const uint64_t row_bytes = table.dtype.bytes(static_cast<uint64_t>(columns));
  auto* out = gathered.mutable_as<std::byte>();
  for (size_t i = 0; i < rows.size(); ++i)
    std::memcpy(out + i * row_bytes, table.data + static_cast<uint64_t>(rows[i]) * row_bytes, row_bytes);
  return to_float32(gathered, pool);
}

std::vector<int64_t> row_numbers(const Tensor& indices, int64_t rows, const std::string& table) {
  if (indices.dtype != kInt64 && indices.dtype != kInt32) {
    throw data_error(fmt::format("{}: indices are {}, not int32 or int64", table, indices.dtype.name()),
                     table)
        .with(VERNIER_INVALID_ARGUMENT);
  }
  std::vector<int64_t> result(static_cast<size_t>(indices.elements()));
  for (size_t i = 0; i < result.size(); ++i) {
    result[i] = indices.dtype == kInt64 ? indices.as<int64_t>()[i] : indices.as<int32_t>()[i];
    if (result[i] < 0 || result[i] >= rows) {
      throw data_error(fmt::format("{}: index {} at position {} is outside the table's {} rows", table,
                                   result[i], i, rows),
                       table, "check the calibration inputs against the model's vocabulary")
          .with(VERNIER_INVALID_ARGUMENT);
    }
  }
  return result;
}

Tensor to_float32(const Tensor& x, ThreadPool& pool) {
  if (x.dtype == kFloat32) return x;
  Tensor y = Tensor::allocate(kFloat32, x.shape);
  const bool is_bfloat16 = x.dtype == kBFloat16;
  if (!is_bfloat16 && x.dtype != kFloat16)
    throw internal_error("no conversion from " + x.dtype.name() + " to float32");
  pool.parallel_for(0, x.elements(), kGrain, [&](int64_t begin, int64_t end) {
    (is_bfloat16 ? bfloat16_to_float32 : float16_to_float32)(x.as<uint16_t>() + begin,
                                                             y.mutable_as<float>() + begin, end - begin);
  });
  return y;
}

}  // namespace vernier::core
