#include "program/codes.h"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <cstring>
#include <utility>

#include "quantization/exact.h"
#include "vernier/core/error.h"

namespace vernier::core {

namespace {

double code_of(double value, const QParams& grid) {
  if (std::isnan(value)) throw data_error("a value is NaN, which has no code");
  return std::clamp(std::nearbyint(value / static_cast<double>(grid.scale.front())) + grid.zero_point.front(),
                    static_cast<double>(grid.dtype.qmin()), static_cast<double>(grid.dtype.qmax()));
}

template <typename T>
Tensor codes_as(const Tensor& values, const QParams& grid) {
  Tensor codes = Tensor::allocate(grid.dtype, values.shape);
  std::transform(values.as<float>(), values.as<float>() + values.elements(), codes.mutable_as<T>(),
                 [&](float value) { return static_cast<T>(code_of(static_cast<double>(value), grid)); });
  return codes;
}

template <typename T>
Tensor constant(DType dtype, const Shape& shape, T value) {
  Tensor result = Tensor::allocate(dtype, shape);
  std::fill_n(result.mutable_as<T>(), result.elements(), value);
  return result;
}

template <typename To, typename From>
Tensor converted(const Tensor& x, DType to) {
  Tensor result = Tensor::allocate(to, x.shape);
  for (int64_t i = 0; i < x.elements(); ++i) {
    const From value = x.as<From>()[i];
    if (!std::in_range<To>(value)) throw data_error(fmt::format("{} does not fit {}", value, to.name()));
    result.mutable_as<To>()[i] = static_cast<To>(value);
  }
  return result;
}

}  // namespace

Tensor real_values(const Tensor& x, const QParams* grid) {
  return grid == nullptr ? to_double(x) : expand_exactly(x.data, 0, x.shape, *grid);
}

Tensor buffer_content(const Tensor& values, const QParams* grid) {
  if (grid == nullptr) return values;
  if (grid->dtype == kUInt8) return codes_as<uint8_t>(values, *grid);
  if (grid->dtype == kInt8) return codes_as<int8_t>(values, *grid);
  if (grid->dtype == kInt16) return codes_as<int16_t>(values, *grid);
  throw internal_error("a buffer with codes of " + grid->dtype.name());
}

Tensor filled(DType dtype, const Shape& shape, double value, const QParams* grid) {
  if (dtype == kInt32) return constant(dtype, shape, static_cast<int32_t>(value));
  if (dtype == kInt64) return constant(dtype, shape, static_cast<int64_t>(value));
  return buffer_content(constant(kFloat32, shape, static_cast<float>(value)), grid);
}

Tensor as_integers(const Tensor& x, DType to) {
  if (x.dtype == to) return x;
  if (x.dtype == kInt32 && to == kInt64) return converted<int64_t, int32_t>(x, to);
  if (x.dtype == kInt64 && to == kInt32) return converted<int32_t, int64_t>(x, to);
  throw data_error(fmt::format("{} where {} is wanted", x.dtype.name(), to.name()));
}

std::string describe_grid(const QParams* grid) {
  if (grid == nullptr) return "float32";
  return fmt::format("{}, scale {}, zero point {}", grid->dtype.name(), grid->scale.front(),
                     grid->zero_point.front());
}

}  // namespace vernier::core
