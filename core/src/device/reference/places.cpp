#include "device/reference/places.h"

#include <cstring>

namespace vernier::core::reference {

namespace {

void copy_element(std::byte* to, int64_t to_index, const std::byte* from, int64_t from_index, DType dtype) {
  const auto size = static_cast<int64_t>(dtype.bytes(1));
  std::memcpy(to + to_index * size, from + from_index * size, static_cast<size_t>(size));
}

}  // namespace

size_t from_front(int64_t axis, const Shape& shape) {
  return static_cast<size_t>(axis < 0 ? axis + static_cast<int64_t>(shape.size()) : axis);
}

std::vector<int64_t> steps_of(const Shape& shape) {
  std::vector<int64_t> steps(shape.size(), 1);
  for (size_t axis = shape.size(); axis-- > 1;) steps[axis - 1] = steps[axis] * shape[axis];
  return steps;
}

std::vector<int64_t> walk(const Shape& result, const std::vector<int64_t>& steps, int64_t first) {
  std::vector<int64_t> index(static_cast<size_t>(element_count(result)), first);
  for (size_t i = 0; i < index.size(); ++i) {
    auto rest = static_cast<int64_t>(i);
    for (size_t axis = result.size(); axis-- > 0;) {
      index[i] += rest % result[axis] * steps[axis];
      rest /= result[axis];
    }
  }
  return index;
}

Tensor pick(const Tensor& x, const std::vector<int64_t>& index, const TensorType& type) {
  Tensor result = Tensor::allocate(type.dtype, type.shape);
  auto* to = result.mutable_as<std::byte>();
  for (size_t i = 0; i < index.size(); ++i)
    copy_element(to, static_cast<int64_t>(i), x.data, index[i], type.dtype);
  return result;
}

Tensor put(const Tensor& x, const std::vector<int64_t>& index, const Tensor& values) {
  Tensor result = Tensor::allocate(x.dtype, x.shape);
  auto* to = result.mutable_as<std::byte>();
  if (x.bytes() != 0) std::memcpy(to, x.data, x.bytes());
  for (size_t i = 0; i < index.size(); ++i)
    copy_element(to, index[i], values.data, static_cast<int64_t>(i), x.dtype);
  return result;
}

}  // namespace vernier::core::reference
