#include "device/element_rules.h"
#include "device/reference/elements.h"
#include "device/reference/ops.h"
#include "device/reference/places.h"

namespace vernier::core::reference {

namespace {

Tensor expand(const Call& call) {
  return pick(call.tensor(0), broadcast_indices(call.tensor(0).shape, call.type.shape), call.type);
}

// Index of the element at `place` of a tensor with `steps`.
int64_t index_of(const std::vector<int64_t>& place, const std::vector<int64_t>& steps) {
  int64_t index = 0;
  for (size_t axis = 0; axis < steps.size(); ++axis) index += place[axis] * steps[axis];
  return index;
}

template <typename T>
Tensor filled_with(const Call& call, double value) {
  return write(std::vector<T>(static_cast<size_t>(element_count(call.type.shape)), static_cast<T>(value)),
               call.type);
}

Tensor pad(const Call& call) {
  const Tensor ground = is_floating(call.type.dtype) ? filled_with<double>(call, call.number(3))
                                                     : filled_with<int64_t>(call, call.number(3));
  const std::vector<int64_t> steps = steps_of(call.type.shape);
  const Tensor& x = call.tensor(0);
  return put(ground, walk(x.shape, steps, index_of(call.integers(1), steps)), x);
}

Tensor gather(const Call& call) {
  const Tensor& x = call.tensor(0);
  const Tensor& indices = call.tensor(1);
  const size_t axis = from_front(call.integer(2), x.shape);
  const int64_t inner = steps_of(x.shape)[axis];
  const int64_t chosen = indices.elements();
  std::vector<int64_t> places(static_cast<size_t>(element_count(call.type.shape)));
  for (size_t i = 0; i < places.size(); ++i) {
    const auto at = static_cast<int64_t>(i);
    const int64_t outer = at / inner / chosen;
    places[i] = (outer * x.shape[axis] + index_at(indices, at / inner % chosen)) * inner + at % inner;
  }
  return pick(x, places, call.type);
}

Tensor strided_slice(const Call& call) {
  const Tensor& x = call.tensor(0);
  std::vector<int64_t> steps = steps_of(x.shape);
  const size_t axis = from_front(call.integer(1), x.shape);
  const int64_t first = call.integer(2) * steps[axis];
  // The step of a single element may be any number, and leads nowhere.
  steps[axis] *= call.type.shape[axis] == 1 ? 0 : call.integer(4);
  return pick(x, walk(call.type.shape, steps, first), call.type);
}

Tensor one_hot(const Call& call) {
  const Tensor& indices = call.tensor(0);
  std::vector<int64_t> result(static_cast<size_t>(element_count(call.type.shape)), 0);
  for (int64_t i = 0; i < indices.elements(); ++i)
    result[static_cast<size_t>(i * call.integer(1) + index_at(indices, i))] = 1;
  return write(result, call.type);
}

Tensor range(const Call& call) {
  std::vector<int64_t> result(static_cast<size_t>(call.type.shape[0]));
  for (size_t i = 0; i < result.size(); ++i)
    result[i] = call.integer(0) + static_cast<int64_t>(i) * call.integer(2);
  return write(result, call.type);
}

Tensor scatter_rows(const Call& call) {
  const Tensor& x = call.tensor(0);
  const int64_t row = steps_of(x.shape)[0];
  std::vector<int64_t> places(static_cast<size_t>(call.tensor(2).elements()));
  for (size_t i = 0; i < places.size(); ++i) {
    const auto at = static_cast<int64_t>(i);
    places[i] = index_at(call.tensor(1), at / row) * row + at % row;
  }
  return put(x, places, call.tensor(2));
}

Tensor dynamic_update_slice(const Call& call) {
  const Tensor& x = call.tensor(0);
  const std::vector<int64_t> steps = steps_of(x.shape);
  std::vector<int64_t> starts;
  for (int64_t axis = 0; axis < call.tensor(1).elements(); ++axis)
    starts.push_back(index_at(call.tensor(1), axis));
  return put(x, walk(call.tensor(2).shape, steps, index_of(starts, steps)), call.tensor(2));
}

constexpr OpRow<OpFunction> kRows[] = {{"expand", expand},
                                       {"pad", pad},
                                       {"gather", gather},
                                       {"strided_slice", strided_slice},
                                       {"one_hot", one_hot},
                                       {"range", range},
                                       {"scatter_rows", scatter_rows},
                                       {"dynamic_update_slice", dynamic_update_slice}};

}  // namespace

OpFunction find_placement_op(std::string_view name) { return find_function(kRows, name); }

}  // namespace vernier::core::reference
