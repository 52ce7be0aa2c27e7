#include <cstring>

#include "device/reference/elements.h"
#include "device/reference/ops.h"

namespace vernier::core::reference {

namespace {

int64_t from_front(int64_t axis, const Shape& shape) {
  return axis < 0 ? axis + static_cast<int64_t>(shape.size()) : axis;
}

// The result whose element i is element index[i] of `x`.
Tensor pick(const Tensor& x, const std::vector<int64_t>& index, const TensorType& type) {
  Tensor result = Tensor::allocate(type.dtype, type.shape);
  const auto size = static_cast<int64_t>(type.dtype.bytes(1));
  auto* to = result.mutable_as<std::byte>();
  for (size_t i = 0; i < index.size(); ++i)
    std::memcpy(to + static_cast<int64_t>(i) * size, x.data + index[i] * size, static_cast<size_t>(size));
  return result;
}

// Elements between neighbours along each axis.
std::vector<int64_t> steps_of(const Shape& shape) {
  std::vector<int64_t> steps(shape.size(), 1);
  for (size_t axis = shape.size(); axis-- > 1;) steps[axis - 1] = steps[axis] * shape[axis];
  return steps;
}

// Index into a tensor for each element of `result`, whose axes have `steps` there.
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

Tensor reshape(const Call& call) {
  Tensor result = Tensor::allocate(call.type.dtype, call.type.shape);
  const Tensor& x = call.tensor(0);
  if (x.bytes() != 0) std::memcpy(result.mutable_as<std::byte>(), x.data, x.bytes());
  return result;
}

Tensor permute(const Call& call) {
  const Tensor& x = call.tensor(0);
  const std::vector<int64_t> steps = steps_of(x.shape);
  std::vector<int64_t> permuted;
  for (const int64_t axis : call.integers(1))
    permuted.push_back(steps[static_cast<size_t>(from_front(axis, x.shape))]);
  return pick(x, walk(call.type.shape, permuted, 0), call.type);
}

Tensor slice(const Call& call) {
  const Tensor& x = call.tensor(0);
  const std::vector<int64_t> steps = steps_of(x.shape);
  const auto axis = static_cast<size_t>(from_front(call.integer(1), x.shape));
  return pick(x, walk(call.type.shape, steps, call.integer(2) * steps[axis]), call.type);
}

template <typename T>
Tensor concat_as(const Call& call) {
  const auto axis = static_cast<size_t>(from_front(call.integer(1), call.type.shape));
  const std::vector<int64_t> steps = steps_of(call.type.shape);
  std::vector<T> result(static_cast<size_t>(element_count(call.type.shape)));
  int64_t first = 0;
  for (const Tensor& x : call.tensors(0)) {
    const std::vector<T> values = read<T>(x, call.type.dtype);
    const std::vector<int64_t> places = walk(x.shape, steps, first);
    for (size_t i = 0; i < values.size(); ++i) result[static_cast<size_t>(places[i])] = values[i];
    first += x.shape[axis] * steps[axis];
  }
  return write(result, call.type);
}

Tensor concat(const Call& call) {
  return is_floating(call.type.dtype) ? concat_as<double>(call) : concat_as<int64_t>(call);
}

constexpr OpRow<OpFunction> kRows[] = {
    {"reshape", reshape}, {"permute", permute}, {"slice", slice}, {"concat", concat}};

}  // namespace

OpFunction find_movement_op(std::string_view name) { return find_function(kRows, name); }

}  // namespace vernier::core::reference
