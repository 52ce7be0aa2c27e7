#include <cstring>

#include "device/reference/elements.h"
#include "device/reference/ops.h"
#include "device/reference/places.h"

namespace vernier::core::reference {

namespace {

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
  for (const int64_t axis : call.integers(1)) permuted.push_back(steps[from_front(axis, x.shape)]);
  return pick(x, walk(call.type.shape, permuted, 0), call.type);
}

Tensor slice(const Call& call) {
  const Tensor& x = call.tensor(0);
  const std::vector<int64_t> steps = steps_of(x.shape);
  const size_t axis = from_front(call.integer(1), x.shape);
  return pick(x, walk(call.type.shape, steps, call.integer(2) * steps[axis]), call.type);
}

template <typename T>
Tensor concat_as(const Call& call) {
  const size_t axis = from_front(call.integer(1), call.type.shape);
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
