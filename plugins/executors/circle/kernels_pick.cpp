// The greatest or the least of many elements: itself, or where it stands.
#include <algorithm>
#include <cmath>
#include <numeric>

#include "copier.h"
#include "indices.h"
#include "kernels.h"
#include "reduction.h"

namespace circle_executor {

namespace {

// The order of a tensor's elements. NaN is beyond all on the side that is looked for.
class Order {
 public:
  Order(const Call& call, const Value& value, bool is_greatest)
      : value_(value),
        reals_(value),
        by_codes_(!value.tensor->is_float() && value.tensor->file.scale.size() <= 1),
        is_greatest_(is_greatest) {
    if (value.tensor->is_bool()) call.cannot("has bools as operand");
  }

  [[nodiscard]] bool is_beyond(int64_t i, int64_t j) const {
    if (by_codes_) return is_beyond_of(code_at(value_, i), code_at(value_, j));
    const double a = reals_[i], b = reals_[j];
    if (std::isnan(a) || std::isnan(b)) return std::isnan(a) && !std::isnan(b);
    return is_beyond_of(a, b);
  }

 private:
  template <typename Number>
  [[nodiscard]] bool is_beyond_of(Number a, Number b) const {
    return is_greatest_ ? a > b : a < b;
  }

  Value value_;
  Reals reals_;
  bool by_codes_;
  bool is_greatest_;
};

// By element of the result, the first of the operand's elements that no other is beyond.
std::vector<int64_t> picked(const Call& call, const Shape& shape, const std::vector<int64_t>& strides,
                            const Order& order) {
  std::vector<int64_t> picks(static_cast<size_t>(call.result().tensor->elements), -1);
  each_element(shape, strides, [&](int64_t i, int64_t to) {
    int64_t& pick = picks[static_cast<size_t>(to)];
    if (pick < 0 || order.is_beyond(i, pick)) pick = i;
  });
  return picks;
}

}  // namespace

void extreme_element(const Call& call) {
  const Value& x = call.input(0);
  const Reduction reduction = reduction_of(call);
  if (call.result().tensor->elements == 0) return;
  if (reduction.count == 0) call.fail("takes the greatest or least of no elements");
  const Order order(call, x, call.code() == circle::BuiltinOperator::REDUCE_MAX);
  const Copier copier(call, x, call.result());
  const std::vector<int64_t> picks = picked(call, x.tensor->shape(), reduction.strides, order);
  for (size_t i = 0; i < picks.size(); ++i) copier.copy(picks[i], static_cast<int64_t>(i));
}

void arg_max(const Call& call) {
  const Value& x = call.input(0);
  const Tensor& to = *call.result().tensor;
  const std::vector<int64_t> named = call.integers(1);
  if (named.size() != 1) call.fail("wants one axis, not " + std::to_string(named.size()));
  const size_t axis = call.axis(named[0], x.tensor->rank());
  Shape kept = x.tensor->shape(), shape = kept;
  kept[axis] = 1;
  shape.erase(shape.begin() + static_cast<std::ptrdiff_t>(axis));
  call.check_shape(shape);
  if ((to.storage != Storage::kInt32 && to.storage != Storage::kInt64) || to.is_quantized())
    call.fail("writes indices of int32 or int64, not " + to.described());
  if (to.elements == 0) return;
  const int64_t extent = x.tensor->shape()[axis];
  if (extent == 0) call.fail("takes the greatest of no elements");
  const Order order(call, x, true);
  std::vector<int64_t> strides = dense_strides(kept);
  strides[axis] = 0;
  const std::vector<int64_t> picks = picked(call, x.tensor->shape(), strides, order);
  const int64_t step = dense_strides(x.tensor->shape())[axis];
  for (size_t i = 0; i < picks.size(); ++i)
    store_code(to, call.result().data, static_cast<int64_t>(i), picks[i] / step % extent);
}

// The greatest elements of each row in falling order; of equal ones the first.
void top_k(const Call& call) {
  const Value& x = call.input(0);
  const std::vector<int64_t> wanted = call.integers(1);
  Shape shape = x.tensor->shape();
  if (wanted.size() != 1 || shape.empty() || wanted[0] < 1 || wanted[0] > shape.back())
    call.fail("wants one number of elements, of those in the last axis of " + x.tensor->described());
  const int64_t k = wanted[0], extent = shape.back();
  shape.back() = k;
  call.check_shape(shape);
  call.check_shape(shape, 1);
  const Result& places = call.result(1);
  if (places.tensor->storage != Storage::kInt32 || places.tensor->is_quantized())
    call.fail("writes places of int32, not " + places.tensor->described());
  const Order order(call, x, true);
  const Copier copier(call, x, call.result());
  std::vector<int64_t> row(static_cast<size_t>(extent));
  for (int64_t first = 0, to = 0; first < x.tensor->elements; first += extent) {
    std::iota(row.begin(), row.end(), first);
    std::stable_sort(row.begin(), row.end(), [&](int64_t a, int64_t b) { return order.is_beyond(a, b); });
    for (int64_t i = 0; i < k; ++i, ++to) {
      copier.copy(row[static_cast<size_t>(i)], to);
      store_code(*places.tensor, places.data, to, row[static_cast<size_t>(i)] - first);
    }
  }
}

}  // namespace circle_executor
