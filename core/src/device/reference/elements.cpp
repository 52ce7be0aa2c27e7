#include "device/reference/elements.h"

#include "vernier/core/error.h"

namespace vernier::core::reference {

namespace {

// Calls body(T{}) with the C++ type of `dtype`.
template <typename Body>
void with_type(DType dtype, Body body) {
  if (dtype == kFloat32) return body(float{});
  if (dtype == kFloat64) return body(double{});
  if (dtype == kInt64) return body(int64_t{});
  if (dtype == kInt32) return body(int32_t{});
  if (dtype == kInt16) return body(int16_t{});
  if (dtype == kInt8) return body(int8_t{});
  if (dtype == kUInt8) return body(uint8_t{});
  if (dtype == kBool) return body(bool{});
  throw internal_error("the reference device was given a tensor of " + dtype.name());
}

}  // namespace

template <typename T>
std::vector<T> read(const Tensor& x, DType as) {
  std::vector<T> elements(static_cast<size_t>(x.elements()));
  with_type(x.dtype, [&](auto from) {
    using From = decltype(from);
    with_type(as, [&](auto to) {
      using To = decltype(to);
      for (size_t i = 0; i < elements.size(); ++i)
        // NOLINTNEXTLINE(bugprone-signed-char-misuse): int8_t is a number here
        elements[i] = static_cast<T>(static_cast<To>(x.as<From>()[i]));
    });
  });
  return elements;
}
template std::vector<double> read(const Tensor& x, DType as);
template std::vector<int64_t> read(const Tensor& x, DType as);

template <typename T>
Tensor write(const std::vector<T>& elements, const TensorType& type) {
  Tensor result = Tensor::allocate(type.dtype, type.shape);
  with_type(type.dtype, [&](auto to) {
    using To = decltype(to);
    for (size_t i = 0; i < elements.size(); ++i) result.mutable_as<To>()[i] = static_cast<To>(elements[i]);
  });
  return result;
}
template Tensor write(const std::vector<double>& elements, const TensorType& type);
template Tensor write(const std::vector<int64_t>& elements, const TensorType& type);

std::vector<int64_t> broadcast_indices(const Shape& shape, const Shape& result) {
  // Steps in `shape` for one step along each axis of `result`; 0 where it has one element or no such axis.
  std::vector<int64_t> steps(result.size(), 0);
  int64_t step = 1;
  for (size_t back = 1; back <= shape.size(); ++back) {
    const int64_t extent = shape[shape.size() - back];
    if (extent != 1) steps[result.size() - back] = step;
    step *= extent;
  }
  std::vector<int64_t> indices(static_cast<size_t>(element_count(result)));
  for (size_t i = 0; i < indices.size(); ++i) {
    auto rest = static_cast<int64_t>(i);
    for (size_t axis = result.size(); axis-- > 0;) {
      indices[i] += rest % result[axis] * steps[axis];
      rest /= result[axis];
    }
  }
  return indices;
}

}  // namespace vernier::core::reference
