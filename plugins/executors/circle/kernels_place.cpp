// What is placed around, into, or by its place.
#include <algorithm>
#include <set>

#include "copier.h"
#include "indices.h"
#include "kernels.h"

namespace circle_executor {

namespace {

// Fills the result with one element, given as a tensor of one.
void fill(const Call& call, const Value& ground) {
  if (ground.tensor->elements != 1) call.fail("wants one element around, not " + ground.tensor->described());
  const Copier copier(call, ground, call.result());
  for (int64_t i = 0; i < call.result().tensor->elements; ++i) copier.copy(0, i);
}

// Zero: of codes the one that means it, and that is their zero point.
void fill_zero(const Call& call) {
  const Result& to = call.result();
  if (to.tensor->is_float()) return;  // the memory is zeroed
  if (to.tensor->file.scale.size() > 1) call.cannot("has a scale for each channel");
  const int64_t zero = to.tensor->is_quantized() ? to.tensor->file.zero_point[0] : 0;
  for (int64_t i = 0; i < to.tensor->elements; ++i) store_code(*to.tensor, to.data, i, zero);
}

bool is_index(const Value& value) {
  const Storage storage = value.tensor->storage;
  return (storage == Storage::kInt32 || storage == Storage::kInt64) && !value.tensor->is_quantized();
}

// `x` into the result from these places on, inside it.
void place(const Call& call, const Value& x, const std::vector<int64_t>& from) {
  const std::vector<int64_t> strides = dense_strides(call.result().tensor->shape());
  int64_t base = 0;
  for (size_t axis = 0; axis < from.size(); ++axis) base += from[axis] * strides[axis];
  const Copier copier(call, x, call.result());
  each_element(x.tensor->shape(), strides, [&](int64_t at, int64_t to) { copier.copy(at, base + to); });
}

}  // namespace

// PAD and PADV2.
void pad(const Call& call) {
  const Value& x = call.input(0);
  const Value& sides = call.input(1);
  const size_t rank = x.tensor->rank();
  if (!is_index(sides) || sides.tensor->shape() != Shape{static_cast<int64_t>(rank), 2})
    call.fail("wants two integers for each axis of " + x.tensor->described() + ", not " +
              sides.tensor->described());
  Shape shape = x.tensor->shape(), before;
  for (size_t axis = 0; axis < rank; ++axis) {
    const auto i = static_cast<int64_t>(axis) * 2;
    const int64_t front = code_at(sides, i), back = code_at(sides, i + 1);
    constexpr int64_t kMost = int64_t{1} << 40;
    if (front < 0 || back < 0 || front > kMost || back > kMost) call.fail("takes away from an axis");
    shape[axis] += front + back;
    before.push_back(front);
  }
  call.check_shape(shape);
  if (call.code() == circle::BuiltinOperator::PADV2)
    fill(call, call.input(2));
  else
    fill_zero(call);
  place(call, x, before);
}

void dynamic_update_slice(const Call& call) {
  const Value &x = call.input(0), &update = call.input(1);
  call.check_shape(x.tensor->shape());
  std::vector<int64_t> starts = call.integers(2);
  const Shape& extents = x.tensor->shape();
  if (update.tensor->rank() != extents.size() || starts.size() != extents.size())
    call.fail("writes " + update.tensor->described() + " into " + x.tensor->described());
  for (size_t axis = 0; axis < extents.size(); ++axis) {
    const int64_t room = extents[axis] - update.tensor->shape()[axis];
    if (room < 0) call.fail("writes more than there is of axis " + std::to_string(axis));
    starts[axis] = std::clamp<int64_t>(starts[axis], 0, room);
  }
  Copier(call, x, call.result()).copy_all();
  place(call, update, starts);
}

// Updates at the places that indices [..., axes] name, zero elsewhere.
void scatter_nd(const Call& call) {
  const Value &indices = call.input(0), &updates = call.input(1);
  const Shape shape = call.integers(2), picks = indices.tensor->shape();
  call.check_shape(shape);
  if (!is_index(indices) || picks.empty() || picks.back() > static_cast<int64_t>(shape.size()))
    call.fail("wants indices of int32 or int64 for the first axes of its result, not " +
              indices.tensor->described());
  const auto axes = static_cast<size_t>(picks.back());
  Shape wanted(picks.begin(), picks.end() - 1);
  wanted.insert(wanted.end(), shape.begin() + static_cast<std::ptrdiff_t>(axes), shape.end());
  if (updates.tensor->shape() != wanted)
    call.fail("places " + updates.tensor->described() + " by indices " + indices.tensor->described());
  fill_zero(call);
  const std::vector<int64_t> strides = dense_strides(shape);
  const int64_t length = axes == 0 ? call.result().tensor->elements : strides[axes - 1];
  const Copier copier(call, updates, call.result());
  std::set<int64_t> seen;
  for (int64_t i = 0; length > 0 && i < updates.tensor->elements / length; ++i) {
    int64_t base = 0;
    for (size_t axis = 0; axis < axes; ++axis) {
      const int64_t index = code_at(indices, i * picks.back() + static_cast<int64_t>(axis));
      if (index < 0 || index >= shape[axis])
        call.fail("has index " + std::to_string(index) + ", which is outside axis " + std::to_string(axis));
      base += index * strides[axis];
    }
    if (!seen.insert(base).second) call.cannot("places two updates at one index, which it would add up");
    for (int64_t k = 0; k < length; ++k) copier.copy(i * length + k, base + k);
  }
}

void one_hot(const Call& call) {
  const Value& indices = call.input(0);
  const std::vector<int64_t> depth = call.integers(1);
  if (call.options<circle::OneHotOptions>().axis() != -1) call.cannot("has another axis than the last");
  if (depth.size() != 1 || depth[0] < 0) call.fail("wants one depth");
  Shape shape = indices.tensor->shape();
  shape.push_back(depth[0]);
  call.check_shape(shape);
  if (!is_index(indices)) call.fail("wants indices of int32 or int64, not " + indices.tensor->described());
  fill(call, call.input(3));
  const Value& on = call.input(2);
  if (on.tensor->elements != 1) call.fail("wants one element where the index is");
  const Copier copier(call, on, call.result());
  for (int64_t i = 0; i < indices.tensor->elements; ++i) {
    const int64_t index = code_at(indices, i);
    if (index >= 0 && index < depth[0]) copier.copy(0, i * depth[0] + index);
  }
}

void range(const Call& call) {
  const Result& to = call.result();
  if (!to.tensor->is_plain() || to.tensor->is_bool()) call.cannot("counts in other than integers");
  int64_t ends[3];
  for (size_t i = 0; i < 3; ++i) {
    const std::vector<int64_t> one = call.integers(i);
    if (one.size() != 1) call.fail("wants one number as operand " + std::to_string(i));
    ends[i] = one[0];
  }
  const auto [start, stop, step] = ends;
  if (step == 0) call.fail("has the step 0");
  const auto far = [](int64_t value) { return value < -(int64_t{1} << 61) || value > int64_t{1} << 61; };
  if (far(start) || far(stop) || far(step)) call.cannot("counts beyond 2^61");
  const int64_t length = step > 0 ? stop - start : start - stop;
  const int64_t by = step > 0 ? step : -step;
  call.check_shape({length <= 0 ? 0 : (length - 1) / by + 1});
  const vernier::DType dtype = to.tensor->file.dtype;
  for (int64_t i = 0; i < to.tensor->elements; ++i) {
    const int64_t number = start + i * step;
    if (number < dtype.qmin() || number > dtype.qmax()) call.fail("leaves the range of " + dtype.name());
    store_code(*to.tensor, to.data, i, number);
  }
}

}  // namespace circle_executor
