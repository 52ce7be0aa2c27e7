#include "quantization/exact.h"

#include <algorithm>
#include <cmath>

#include "quantization/site_quant.h"

namespace vernier::core {

namespace {

// Index of the scale of element `i` in a tensor whose channel axis has `inner` elements behind it.
struct ScaleIndex {
  int64_t inner = 1;
  int64_t channels = 1;

  ScaleIndex(const Shape& shape, const QParams& qparams) {
    if (qparams.axis < 0) return;
    channels = shape.at(static_cast<size_t>(qparams.axis));
    for (size_t i = static_cast<size_t>(qparams.axis) + 1; i < shape.size(); ++i) inner *= shape[i];
  }
  size_t operator()(int64_t i) const { return static_cast<size_t>(i / inner % channels); }
};

// The codes themselves, as numbers.
QParams as_numbers(QParams qparams) {
  std::fill(qparams.scale.begin(), qparams.scale.end(), 1.0f);
  std::fill(qparams.zero_point.begin(), qparams.zero_point.end(), 0);
  return qparams;
}

double real_of(double code, const QParams& qparams, size_t channel) {
  return static_cast<double>(qparams.scale[channel]) * (code - qparams.zero_point[channel]);
}

}  // namespace

Tensor to_float64(const Tensor& x, ThreadPool& pool) {
  const Tensor single = to_float32(x, pool);
  Tensor result = Tensor::allocate(kFloat64, x.shape);
  std::copy_n(single.as<float>(), x.elements(), result.mutable_as<double>());
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
  const ScaleIndex channel_of(x.shape, qparams);
  const auto low = static_cast<double>(qparams.dtype.qmin()),
             high = static_cast<double>(qparams.dtype.qmax());
  const bool is_single = x.dtype == kFloat32;
  for (int64_t i = 0; i < x.elements(); ++i) {
    const size_t channel = channel_of(i);
    const double value = is_single ? static_cast<double>(x.as<float>()[i]) : x.as<double>()[i];
    const double code = std::clamp(
        std::nearbyint(value / static_cast<double>(qparams.scale[channel])) + qparams.zero_point[channel],
        low, high);
    result.mutable_as<double>()[i] = real_of(code, qparams, channel);
  }
  return result;
}

Tensor expand_codes_exactly(const Tensor& codes, const QParams& qparams, ThreadPool& pool) {
  const Tensor numbers = expand_codes(codes, as_numbers(qparams), pool);
  Tensor result = Tensor::allocate(kFloat64, codes.shape);
  const ScaleIndex channel_of(codes.shape, qparams);
  for (int64_t i = 0; i < codes.elements(); ++i)
    result.mutable_as<double>()[i] = real_of(numbers.as<float>()[i], qparams, channel_of(i));
  return result;
}

Tensor expand_code_rows_exactly(const Tensor& codes, const QParams& qparams, const std::vector<int64_t>& rows,
                                const Shape& indices_shape, ThreadPool& pool) {
  const Tensor numbers = expand_code_rows(codes, as_numbers(qparams), rows, indices_shape, pool);
  Tensor result = Tensor::allocate(kFloat64, numbers.shape);
  const int64_t columns = codes.shape[1];
  for (int64_t i = 0; i < numbers.elements(); ++i) {
    const int64_t channel = qparams.axis < 0    ? 0
                            : qparams.axis == 0 ? rows[static_cast<size_t>(i / columns)]
                                                : i % columns;
    result.mutable_as<double>()[i] = real_of(numbers.as<float>()[i], qparams, static_cast<size_t>(channel));
  }
  return result;
}

}  // namespace vernier::core
