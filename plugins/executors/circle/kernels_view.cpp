// The same reals at other places.
#include <algorithm>

#include "broadcast.h"
#include "copier.h"
#include "indices.h"
#include "kernels.h"

namespace circle_executor {

// RESHAPE and SQUEEZE: the file's shape of the result is the answer, a shape operand must agree.
void reshape(const Call& call) {
  const Value& x = call.input(0);
  const Tensor& to = *call.result().tensor;
  if (x.tensor->elements != to.elements)
    call.fail("takes " + x.tensor->described() + " to " + to.described() +
              ", which has another number of elements");
  if (call.has_input(1)) {
    const std::vector<int64_t> wanted = call.integers(1);
    const bool fits = wanted.size() == to.rank() &&
                      std::equal(wanted.begin(), wanted.end(), to.shape().begin(),
                                 [](int64_t want, int64_t have) { return want == -1 || want == have; });
    if (!fits) call.fail("has a shape operand that contradicts " + to.described());
  }
  Copier(call, x, call.result()).copy_all();
}

void transpose(const Call& call) {
  const Value& x = call.input(0);
  const Shape& from = x.tensor->shape();
  const std::vector<int64_t> permutation = call.integers(1);
  const std::vector<int64_t> dense = dense_strides(from);
  std::vector<bool> seen(from.size(), false);
  Shape shape;
  std::vector<int64_t> strides;
  if (permutation.size() != from.size())
    call.fail("permutes " + std::to_string(permutation.size()) + " axes of " + x.tensor->described());
  for (const int64_t entry : permutation) {
    const size_t axis = call.axis(entry, from.size());
    if (seen[axis]) call.fail("permutes axis " + std::to_string(axis) + " twice");
    seen[axis] = true;
    shape.push_back(from[axis]);
    strides.push_back(dense[axis]);
  }
  call.check_shape(shape);
  const Copier copier(call, x, call.result());
  each_element(shape, strides, [&](int64_t to, int64_t at) { copier.copy(at, to); });
}

namespace {

// Each element of the result from first + index * step.
void pick(const Call& call, const Shape& first, const Shape& step, const Shape& count, const Shape& shape) {
  call.check_shape(shape);
  const Value& x = call.input(0);
  std::vector<int64_t> strides = dense_strides(x.tensor->shape());
  int64_t base = 0;
  for (size_t axis = 0; axis < strides.size(); ++axis) {
    base += first[axis] * strides[axis];
    strides[axis] *= step[axis];
  }
  const Copier copier(call, x, call.result());
  each_element(count, strides, [&](int64_t to, int64_t at) { copier.copy(base + at, to); });
}

}  // namespace

void slice(const Call& call) {
  const Shape& from = call.input(0).tensor->shape();
  const std::vector<int64_t> begin = call.integers(1);
  std::vector<int64_t> size = call.integers(2);
  if (begin.size() != from.size() || size.size() != from.size())
    call.fail("wants begin and size for each axis of " + call.input(0).tensor->described());
  for (size_t axis = 0; axis < from.size(); ++axis) {
    const int64_t first = begin[axis];
    if (first < 0 || first > from[axis])
      call.fail("begins at " + std::to_string(first) + " on axis " + std::to_string(axis));
    if (size[axis] == -1) size[axis] = from[axis] - first;
    if (size[axis] < 0 || size[axis] > from[axis] - first)
      call.fail("reaches past the end of axis " + std::to_string(axis));
  }
  pick(call, begin, Shape(from.size(), 1), size, size);
}

void strided_slice(const Call& call) {
  const auto& options = call.options<circle::StridedSliceOptions>();
  if (options.ellipsis_mask() != 0 || options.new_axis_mask() != 0 || options.offset())
    call.cannot("has ellipsis_mask, new_axis_mask or offset");
  const Shape& from = call.input(0).tensor->shape();
  const std::vector<int64_t> begin = call.integers(1), end = call.integers(2);
  std::vector<int64_t> step = call.integers(3);
  if (begin.size() != from.size() || end.size() != from.size() || step.size() != from.size())
    call.fail("wants begin, end and strides for each axis of " + call.input(0).tensor->described());
  Shape first, count, shape;
  const auto is_set = [](int32_t mask, size_t axis) { return (mask >> axis & 1) != 0; };
  for (size_t axis = 0; axis < from.size(); ++axis) {
    const int64_t extent = from[axis];
    if (step[axis] == 0) call.fail("has the stride 0 on axis " + std::to_string(axis));
    // A longer stride picks the same single element, and products of it would leave 64 bits.
    const int64_t by = step[axis] =
        std::clamp(step[axis], -std::max<int64_t>(extent, 1), std::max<int64_t>(extent, 1));
    // Positions before which, in the direction of the stride, nothing lies and past which nothing lies.
    const int64_t low = by > 0 ? 0 : -1, high = by > 0 ? extent : extent - 1;
    const auto place = [&](int64_t at) { return std::clamp(at < 0 ? at + extent : at, low, high); };
    const int64_t start = is_set(options.begin_mask(), axis) ? (by > 0 ? low : high) : place(begin[axis]);
    const int64_t stop = is_set(options.end_mask(), axis) ? (by > 0 ? high : low) : place(end[axis]);
    int64_t many =
        std::max<int64_t>(by > 0 ? (stop - start + by - 1) / by : (start - stop - by - 1) / -by, 0);
    if (is_set(options.shrink_axis_mask(), axis)) {
      if (start < 0 || start >= extent) call.fail("picks an element outside of axis " + std::to_string(axis));
      many = 1;
    } else {
      shape.push_back(many);
    }
    first.push_back(start);
    count.push_back(many);
  }
  pick(call, first, step, count, shape);
}

void concatenation(const Call& call) {
  const auto& options = call.options<circle::ConcatenationOptions>();
  if (options.fused_activation_function() != circle::ActivationFunctionType::NONE)
    call.cannot("has a fused activation");
  Shape shape = call.input(0).tensor->shape();
  const size_t axis = call.axis(options.axis(), shape.size());
  shape[axis] = 0;
  for (size_t i = 0; i < call.input_count(); ++i) {
    Shape other = call.input(i).tensor->shape();
    const int64_t extent = other.size() == shape.size() ? other[axis] : 0;
    if (other.size() == shape.size()) other[axis] = shape[axis];
    if (other != shape) call.fail("joins shapes that differ outside of axis " + std::to_string(axis));
    shape[axis] += extent;
  }
  call.check_shape(shape);
  const std::vector<int64_t> strides = dense_strides(shape);
  int64_t base = 0;
  for (size_t i = 0; i < call.input_count(); ++i) {
    const Value& x = call.input(i);
    const Copier copier(call, x, call.result());
    each_element(x.tensor->shape(), strides, [&](int64_t at, int64_t to) { copier.copy(at, base + to); });
    base += x.tensor->shape()[axis] * strides[axis];
  }
}

void broadcast_to(const Call& call) {
  const Value& x = call.input(0);
  const Broadcast broadcast = broadcast_of(call, x.tensor->shape(), call.result().tensor->shape());
  const std::vector<int64_t> wanted = call.integers(1);
  if (wanted != broadcast.shape)
    call.fail("has a shape operand that contradicts " + call.result().tensor->described());
  call.check_shape(broadcast.shape);
  const Copier copier(call, x, call.result());
  each_element(broadcast.shape, broadcast.a_strides, [&](int64_t to, int64_t at) { copier.copy(at, to); });
}

namespace {

// `x` cut along `axis` into pieces of these extents, one a result.
void cut(const Call& call, const Value& x, size_t axis, const std::vector<int64_t>& extents) {
  if (extents.size() != call.result_count())
    call.fail("cuts " + std::to_string(extents.size()) + " pieces and has " +
              std::to_string(call.result_count()) + " results");
  Shape shape = x.tensor->shape();
  const std::vector<int64_t> strides = dense_strides(shape);
  int64_t left = shape[axis];
  int64_t base = 0;
  for (size_t i = 0; i < extents.size(); ++i) {
    if (extents[i] < 0 || extents[i] > left)
      call.fail("cuts more than there is of axis " + std::to_string(axis));
    left -= extents[i];
    shape[axis] = extents[i];
    call.check_shape(shape, i);
    const Copier copier(call, x, call.result(i));
    each_element(shape, strides, [&](int64_t to, int64_t at) { copier.copy(base + at, to); });
    base += extents[i] * strides[axis];
  }
  if (left != 0) call.fail("leaves " + std::to_string(left) + " of axis " + std::to_string(axis));
}

int64_t only(const Call& call, size_t i) {
  const std::vector<int64_t> values = call.integers(i);
  if (values.size() != 1) call.fail("wants one axis as operand " + std::to_string(i));
  return values.front();
}

}  // namespace

void split(const Call& call) {
  const Value& x = call.input(1);
  const size_t axis = call.axis(only(call, 0), x.tensor->rank());
  const auto pieces = static_cast<int64_t>(call.result_count());
  if (call.options<circle::SplitOptions>().num_splits() != pieces || x.tensor->shape()[axis] % pieces != 0) {
    call.fail("cuts axis " + std::to_string(axis) + " of " + x.tensor->described() + " into " +
              std::to_string(pieces) + " results, which do not fit");
  }
  cut(call, x, axis, std::vector<int64_t>(call.result_count(), x.tensor->shape()[axis] / pieces));
}

void split_v(const Call& call) {
  const Value& x = call.input(0);
  const size_t axis = call.axis(only(call, 2), x.tensor->rank());
  std::vector<int64_t> extents = call.integers(1);
  int64_t known = 0;
  for (const int64_t extent : extents) known += extent < 0 || extent > x.tensor->shape()[axis] ? 0 : extent;
  for (int64_t& extent : extents) {
    if (extent == -1) extent = std::max<int64_t>(x.tensor->shape()[axis] - known, 0);
  }
  cut(call, x, axis, extents);
}

}  // namespace circle_executor
