// Tensors of a few elements, and their elements.
#pragma once

#include <algorithm>
#include <cstring>
#include <vector>

#include "support/tensors.h"

namespace vernier::core::testing {

template <typename T>
Tensor tensor_of(DType dtype, Shape shape, const std::vector<T>& values) {
  Tensor x = Tensor::allocate(dtype, std::move(shape));
  std::copy(values.begin(), values.end(), x.mutable_as<T>());
  return x;
}
inline Tensor int32s(Shape shape, const std::vector<int32_t>& values) {
  return tensor_of(kInt32, std::move(shape), values);
}
inline Tensor int16s(Shape shape, const std::vector<int16_t>& values) {
  return tensor_of(kInt16, std::move(shape), values);
}
inline Tensor doubles(Shape shape, const std::vector<double>& values) {
  return tensor_of(kFloat64, std::move(shape), values);
}

template <typename T>
std::vector<T> elements(const Tensor& x) {
  return {x.as<T>(), x.as<T>() + x.elements()};
}

inline bool is_same(const Tensor& a, const Tensor& b) {
  return a.dtype == b.dtype && a.shape == b.shape && std::memcmp(a.data, b.data, a.bytes()) == 0;
}

}  // namespace vernier::core::testing
