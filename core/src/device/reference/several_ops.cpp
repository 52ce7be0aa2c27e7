// Ops with several results.
#include <algorithm>
#include <cmath>
#include <numeric>

#include "device/reference/elements.h"
#include "device/reference/ops.h"
#include "device/reference/places.h"

namespace vernier::core::reference {

namespace {

std::vector<Tensor> split(const Call& call, std::span<const TensorType> types) {
  const Tensor& x = call.tensor(0);
  const std::vector<int64_t> steps = steps_of(x.shape);
  const size_t axis = from_front(call.integer(2), x.shape);
  std::vector<Tensor> pieces;
  int64_t first = 0;
  for (const TensorType& type : types) {
    pieces.push_back(pick(x, walk(type.shape, steps, first), type));
    first += type.shape[axis] * steps[axis];
  }
  return pieces;
}

// Falling, NaN first.
bool stands_before(double a, double b) { return std::isnan(a) ? !std::isnan(b) : a > b; }
bool stands_before(int64_t a, int64_t b) { return a > b; }

// Places of the greatest elements along the axis, in the order of the result.
template <typename T>
std::vector<int64_t> greatest(const Call& call, const TensorType& type) {
  const Tensor& x = call.tensor(0);
  const std::vector<T> elements = read<T>(x, x.dtype);
  const size_t axis = from_front(call.integer(2), x.shape);
  const int64_t inner = steps_of(x.shape)[axis], extent = x.shape[axis], k = call.integer(1);
  std::vector<int64_t> result(static_cast<size_t>(element_count(type.shape)));
  std::vector<int64_t> places(static_cast<size_t>(extent));
  for (int64_t line = 0; line < static_cast<int64_t>(result.size()) / k; ++line) {
    const int64_t outer = line / inner, in = line % inner;
    const auto element = [&](int64_t at) {
      return elements[static_cast<size_t>((outer * extent + at) * inner + in)];
    };
    std::iota(places.begin(), places.end(), int64_t{0});
    std::stable_sort(places.begin(), places.end(),
                     [&](int64_t a, int64_t b) { return stands_before(element(a), element(b)); });
    for (int64_t i = 0; i < k; ++i)
      result[static_cast<size_t>((outer * k + i) * inner + in)] = places[static_cast<size_t>(i)];
  }
  return result;
}

std::vector<Tensor> topk(const Call& call, std::span<const TensorType> types) {
  const Tensor& x = call.tensor(0);
  const std::vector<int64_t> places =
      is_floating(x.dtype) ? greatest<double>(call, types[0]) : greatest<int64_t>(call, types[0]);
  const size_t axis = from_front(call.integer(2), x.shape);
  const int64_t inner = steps_of(x.shape)[axis], k = call.integer(1);
  std::vector<int64_t> from(places.size());
  for (size_t i = 0; i < places.size(); ++i) {
    const auto at = static_cast<int64_t>(i);
    from[i] = (at / inner / k * x.shape[axis] + places[i]) * inner + at % inner;
  }
  return {pick(x, from, types[0]), write(places, types[1])};
}

constexpr OpRow<SeveralFunction> kSeveralRows[] = {{"split", split}, {"topk", topk}};

}  // namespace

SeveralFunction find_several_op(std::string_view name) { return find_function(kSeveralRows, name); }

}  // namespace vernier::core::reference
