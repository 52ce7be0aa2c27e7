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

constexpr int64_t kGrain = 1 << 16;

// A tensor seen as [outer, channels, inner] around the channel axis; per tensor: one channel.
struct Layout {
  int64_t outer = 1, channels = 1, inner = 1;
};

Layout layout(const Shape& shape, int64_t axis) {
  Layout result;
  if (axis < 0) {
    result.inner = element_count(shape);
    return result;
  }
  for (size_t i = 0; i < shape.size(); ++i) {
    if (static_cast<int64_t>(i) < axis) result.outer *= shape[i];
    if (static_cast<int64_t>(i) == axis) result.channels = shape[i];
    if (static_cast<int64_t>(i) > axis) result.inner *= shape[i];
  }
  return result;
}

void check_counts(const Layout& l, const QParams& qparams) {
  if (static_cast<int64_t>(qparams.scale.size()) != l.channels || qparams.zero_point.size() != qparams.scale.size()) {
    throw internal_error(fmt::format("{} scales for {} channels", qparams.scale.size(), l.channels));
  }
}

// Runs body(first element, count, channel) over all runs of one channel. Chunks hold whole bytes of packed codes.
template <typename Body>
void for_runs(const Layout& l, ThreadPool& pool, Body&& body) {
  if (l.channels == 1) {
    pool.parallel_for(l.outer * l.inner, kGrain, [&](int64_t, int64_t begin, int64_t end) { body(begin, end - begin, 0); });
    return;
  }
  int64_t grain = std::max<int64_t>(1, kGrain / std::max<int64_t>(1, l.inner));
  if (grain * l.inner % 2 != 0) ++grain;
  pool.parallel_for(l.outer * l.channels, grain, [&](int64_t, int64_t begin, int64_t end) {
    for (int64_t row = begin; row < end; ++row) body(row * l.inner, l.inner, row % l.channels);
  });
}

Shape with_columns(Shape shape, int64_t columns) {
  shape.push_back(columns);
  return shape;
}

}  // namespace

Tensor fake_quantize(const Tensor& x, const QParams& qparams, ThreadPool& pool) {
  const Layout l = layout(x.shape, qparams.axis);
  check_counts(l, qparams);
  Tensor y = Tensor::allocate(kFloat32, x.shape);
  const auto qmin = static_cast<int32_t>(qparams.dtype.qmin()), qmax = static_cast<int32_t>(qparams.dtype.qmax());
  if (l.channels == 1) {
    fake_quant(x.as<float>(), y.mutable_as<float>(), x.elements(), qparams.scale[0], qparams.zero_point[0], qmin, qmax, pool);
  } else {
    fake_quant_channels(x.as<float>(), y.mutable_as<float>(), l.outer, l.channels, l.inner, qparams.scale.data(), qparams.zero_point.data(), qmin, qmax, pool);
  }
  return y;
}

Tensor encode(const Tensor& x, const QParams& qparams, ThreadPool& pool) {
  const Layout l = layout(x.shape, qparams.axis);
  check_counts(l, qparams);
  Tensor codes = Tensor::allocate(qparams.dtype, x.shape);
  std::memset(codes.mutable_as<std::byte>(), 0, codes.bytes());
  for_runs(l, pool, [&](int64_t first, int64_t n, int64_t channel) {
    encode_run(x.as<float>() + first, codes.mutable_as<std::byte>(), first, n, qparams.scale[channel], qparams.zero_point[channel], qparams.dtype);
  });
  return codes;
}

Tensor expand_codes(const Tensor& codes, const QParams& qparams, ThreadPool& pool) {
  const Layout l = layout(codes.shape, qparams.axis);
  check_counts(l, qparams);
  Tensor y = Tensor::allocate(kFloat32, codes.shape);
  for_runs(l, pool, [&](int64_t first, int64_t n, int64_t channel) {
    expand_run(codes.data, y.mutable_as<float>() + first, first, n, qparams.scale[channel], qparams.zero_point[channel], qparams.dtype);
  });
  return y;
}

Tensor expand_code_rows(const Tensor& codes, const QParams& qparams, const std::vector<int64_t>& rows, const Shape& indices_shape) {
  const int64_t columns = codes.shape[1];
  Tensor y = Tensor::allocate(kFloat32, with_columns(indices_shape, columns));
  float* out = y.mutable_as<float>();
  for (int64_t row : rows) {
    if (qparams.axis == 1) {
      for (int64_t c = 0; c < columns; ++c) expand_run(codes.data, out + c, row * columns + c, 1, qparams.scale[c], qparams.zero_point[c], qparams.dtype);
    } else {
      const int64_t channel = qparams.axis < 0 ? 0 : row;
      expand_run(codes.data, out, row * columns, columns, qparams.scale[channel], qparams.zero_point[channel], qparams.dtype);
    }
    out += columns;
  }
  return y;
}

Tensor float_rows(const Tensor& table, const std::vector<int64_t>& rows, const Shape& indices_shape, ThreadPool& pool) {
  const int64_t columns = table.shape[1];
  Tensor gathered = Tensor::allocate(table.dtype, with_columns(indices_shape, columns));
  const uint64_t row_bytes = table.dtype.bytes(static_cast<uint64_t>(columns));
  auto* out = gathered.mutable_as<std::byte>();
  for (size_t i = 0; i < rows.size(); ++i) std::memcpy(out + i * row_bytes, table.data + static_cast<uint64_t>(rows[i]) * row_bytes, row_bytes);
  return to_float32(gathered, pool);
}

std::vector<int64_t> row_numbers(const Tensor& indices, int64_t rows, const std::string& table) {
  if (indices.dtype != kInt64 && indices.dtype != kInt32) {
    throw data_error(fmt::format("{}: indices are {}, not int32 or int64", table, indices.dtype.name()), table);
  }
  std::vector<int64_t> result(static_cast<size_t>(indices.elements()));
  for (size_t i = 0; i < result.size(); ++i) {
    result[i] = indices.dtype == kInt64 ? indices.as<int64_t>()[i] : indices.as<int32_t>()[i];
    if (result[i] < 0 || result[i] >= rows) {
      throw data_error(fmt::format("{}: index {} at position {} is outside the table's {} rows", table, result[i], i, rows), table, "check the calibration inputs against the model's vocabulary");
    }
  }
  return result;
}

Tensor to_float32(const Tensor& x, ThreadPool& pool) {
  if (x.dtype == kFloat32) return x;
  Tensor y = Tensor::allocate(kFloat32, x.shape);
  const bool is_bfloat16 = x.dtype == kBFloat16;
  if (!is_bfloat16 && x.dtype != kFloat16) throw internal_error("no conversion from " + x.dtype.name() + " to float32");
  pool.parallel_for(x.elements(), kGrain, [&](int64_t, int64_t begin, int64_t end) {
    (is_bfloat16 ? bfloat16_to_float32 : float16_to_float32)(x.as<uint16_t>() + begin, y.mutable_as<float>() + begin, end - begin);
  });
  return y;
}

}  // namespace vernier::core
