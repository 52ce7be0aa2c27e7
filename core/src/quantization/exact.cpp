#include "quantization/exact.h"

#include <algorithm>
#include <cmath>

#include "quantization/code_reader.h"

namespace vernier::core {

namespace {

// Elements behind one index of the channel axis, and the number of channels.
struct ScaleIndex {
  int64_t inner = 1;
  int64_t channels = 1;

  ScaleIndex(const Shape& shape, const QParams& qparams) {
    if (qparams.block_size > 0) {
      channels = static_cast<int64_t>(qparams.scale.size());
      inner = qparams.block_size;
      return;
    }
    if (qparams.axis < 0) return;
    channels = shape.at(static_cast<size_t>(qparams.axis));
    for (size_t i = static_cast<size_t>(qparams.axis) + 1; i < shape.size(); ++i) inner *= shape[i];
  }
  size_t operator()(int64_t i) const { return channels == 1 ? 0 : static_cast<size_t>(i / inner % channels); }
};

double real_of(double code, const QParams& qparams, size_t channel) {
  return static_cast<double>(qparams.scale[channel]) * (code - qparams.zero_point[channel]);
}

}  // namespace

Tensor to_double(const Tensor& x) {
  Tensor result = Tensor::allocate(kFloat64, x.shape);
  std::copy_n(x.as<float>(), x.elements(), result.mutable_as<double>());
  return result;
}

Tensor to_single(const Tensor& x) {
  Tensor result = Tensor::allocate(kFloat32, x.shape);
  std::transform(x.as<double>(), x.as<double>() + x.elements(), result.mutable_as<float>(),
                 [](double value) { return static_cast<float>(value); });
  return result;
}

Tensor fake_quantize_exactly(const Tensor& x, const QParams& qparams) {
  Tensor result = Tensor::allocate(kFloat64, x.shape);
  auto* to = result.mutable_as<double>();
  const ScaleIndex channel_of(x.shape, qparams);
  const auto low = static_cast<double>(qparams.dtype.qmin()),
             high = static_cast<double>(qparams.dtype.qmax());
  const bool is_single = x.dtype == kFloat32;
  const int64_t count = x.elements();
  for (int64_t i = 0; i < count; ++i) {
    const size_t channel = channel_of(i);
    const double value = is_single ? static_cast<double>(x.as<float>()[i]) : x.as<double>()[i];
    const double code = std::clamp(
        std::nearbyint(value / static_cast<double>(qparams.scale[channel])) + qparams.zero_point[channel],
        low, high);
    to[i] = real_of(code, qparams, channel);
  }
  return result;
}

Tensor expand_exactly(const std::byte* codes, int64_t first, const Shape& shape, const QParams& qparams) {
  Tensor result = Tensor::allocate(kFloat64, shape);
  auto* to = result.mutable_as<double>();
  const ScaleIndex channel_of(shape, qparams);
  const int64_t count = result.elements();
  for (int64_t i = 0; i < count; ++i)
    to[i] = real_of(code_at(codes, qparams.dtype, first + i), qparams, channel_of(i));
  return result;
}

Tensor expand_rows_exactly(const Tensor& codes, const QParams& qparams, std::span<const int64_t> rows) {
  const int64_t columns = codes.shape[1];
  Tensor result = Tensor::allocate(kFloat64, {static_cast<int64_t>(rows.size()), columns});
  auto* to = result.mutable_as<double>();
  const ScaleIndex channel_of(codes.shape, qparams);
  for (const int64_t row : rows) {
    for (int64_t i = row * columns; i < (row + 1) * columns; ++i)
      *to++ = real_of(code_at(codes.data, qparams.dtype, i), qparams, channel_of(i));
  }
  return result;
}

}  // namespace vernier::core
