#include <algorithm>
#include <cmath>
#include <functional>
#include <limits>

#include "device/reference/elements.h"
#include "device/reference/ops.h"

namespace vernier::core::reference {

namespace {

int64_t from_front(int64_t axis, const Shape& shape) {
  return axis < 0 ? axis + std::max<int64_t>(1, static_cast<int64_t>(shape.size())) : axis;
}

// The shape of x with extent 1 for each axis that goes.
Shape kept_shape(const Call& call) {
  const Shape& x = call.tensor(0).shape;
  Shape kept = x;
  for (const int64_t axis : call.integers(1)) {
    if (!kept.empty()) kept[static_cast<size_t>(from_front(axis, x))] = 1;
  }
  if (call.integers(1).empty()) std::fill(kept.begin(), kept.end(), 1);
  return kept;
}

// For each element of the result, `function` of what it is so far and the next element that belongs to it.
template <typename T, typename Function>
std::vector<T> reduced(const Call& call, T begin, Function function) {
  const Shape kept = kept_shape(call);
  std::vector<T> result(static_cast<size_t>(element_count(kept)), begin);
  const std::vector<T> values = read<T>(call.tensor(0), call.type.dtype);
  const std::vector<int64_t> index = broadcast_indices(kept, call.tensor(0).shape);
  for (size_t i = 0; i < values.size(); ++i) {
    T& place = result[static_cast<size_t>(index[i])];
    place = function(place, values[i]);
  }
  return result;
}

Tensor sum(const Call& call) { return write(reduced<double>(call, 0, std::plus<double>()), call.type); }

// Sums over no element are NaN after the division, as 0 / 0 is.
Tensor mean(const Call& call) {
  std::vector<double> sums = reduced<double>(call, 0, std::plus<double>());
  const double count = sums.empty() ? 1
                                    : static_cast<double>(element_count(call.tensor(0).shape)) /
                                          static_cast<double>(sums.size());
  for (double& one : sums) one /= count;
  return write(sums, call.type);
}

template <template <typename> typename Better>
Tensor extreme(const Call& call) {
  constexpr bool is_max = Better<int>()(1, 0);
  if (is_floating(call.type.dtype)) {
    const double infinity = std::numeric_limits<double>::infinity();
    return write(reduced<double>(call, is_max ? -infinity : infinity,
                                 [](double best, double x) {
                                   return std::isnan(x) || Better<double>()(x, best) ? x : best;
                                 }),
                 call.type);
  }
  using Limits = std::numeric_limits<int64_t>;
  return write(
      reduced<int64_t>(call, is_max ? Limits::min() : Limits::max(),
                       [](int64_t best, int64_t x) { return Better<int64_t>()(x, best) ? x : best; }),
      call.type);
}

// Calls body(at) for each row along the axis of argument 1; at(k) is the index of its element k.
template <typename Body>
void for_each_along(const Call& call, Body body) {
  const Shape shape = call.tensor(0).shape.empty() ? Shape{1} : call.tensor(0).shape;
  const auto axis = static_cast<size_t>(from_front(call.integer(1), call.tensor(0).shape));
  const int64_t extent = shape[axis];
  int64_t inner = 1;
  for (size_t i = axis + 1; i < shape.size(); ++i) inner *= shape[i];
  for (int64_t begin = 0; begin < element_count(shape); ++begin) {
    if (begin / inner % extent != 0) continue;  // only where a row begins
    body(extent, [=](int64_t k) { return static_cast<size_t>(begin + k * inner); });
  }
}

template <typename T>
Tensor first_greatest(const Call& call) {
  const std::vector<T> x = read<T>(call.tensor(0), call.tensor(0).dtype);
  std::vector<int64_t> result;
  for_each_along(call, [&](int64_t extent, auto at) {
    int64_t best = 0;
    for (int64_t k = 1; k < extent; ++k) {
      const T now = x[at(k)], before = x[at(best)];
      if (now > before || (now != now && before == before)) best = k;  // NaN is what is not itself
    }
    result.push_back(best);
  });
  return write(result, call.type);
}

Tensor argmax(const Call& call) {
  return is_floating(call.tensor(0).dtype) ? first_greatest<double>(call) : first_greatest<int64_t>(call);
}

Tensor cumsum(const Call& call) {
  std::vector<double> x = read<double>(call.tensor(0), call.type.dtype);
  for_each_along(call, [&](int64_t extent, auto at) {
    for (int64_t k = 1; k < extent; ++k) x[at(k)] += x[at(k - 1)];
  });
  return write(x, call.type);
}

// Calls body(row) for each row of the last axis.
template <typename Body>
void for_each_row(std::vector<double>& x, const Shape& shape, Body body) {
  const auto length = static_cast<size_t>(shape.back());
  for (size_t begin = 0; begin < x.size(); begin += length) body(std::span(x).subspan(begin, length));
}

Tensor softmax(const Call& call) {
  std::vector<double> x = read<double>(call.tensor(0), call.type.dtype);
  for_each_along(call, [&](int64_t extent, auto at) {
    double greatest = -std::numeric_limits<double>::infinity(), sum = 0;
    for (int64_t k = 0; k < extent; ++k)
      greatest = std::isnan(x[at(k)]) ? x[at(k)] : std::max(greatest, x[at(k)]);
    for (int64_t k = 0; k < extent; ++k) sum += x[at(k)] = std::exp(x[at(k)] - greatest);
    for (int64_t k = 0; k < extent; ++k) x[at(k)] /= sum;
  });
  return write(x, call.type);
}

// Zhang & Sennrich 2019 (arXiv:1910.07467): x * rsqrt(mean(x^2) + eps) * weight.
Tensor rms_norm(const Call& call) {
  std::vector<double> x = read<double>(call.tensor(0), call.type.dtype);
  const std::vector<double> weight = read<double>(call.tensor(1), call.type.dtype);
  for_each_row(x, call.type.shape, [&](std::span<double> row) {
    double sum = 0;
    for (const double value : row) sum += value * value;
    const double factor = 1 / std::sqrt(sum / static_cast<double>(row.size()) + call.number(2));
    for (size_t i = 0; i < row.size(); ++i) row[i] = weight[i] * (row[i] * factor);
  });
  return write(x, call.type);
}

// Ba, Kiros & Hinton 2016 (arXiv:1607.06450): (x - mean) * rsqrt(mean((x - mean)^2) + eps) * weight + bias.
Tensor layer_norm(const Call& call) {
  std::vector<double> x = read<double>(call.tensor(0), call.type.dtype);
  const auto optional = [&](size_t i, double otherwise) {
    return call.has(i) ? read<double>(call.tensor(i), call.type.dtype)
                       : std::vector<double>(static_cast<size_t>(call.type.shape.back()), otherwise);
  };
  const std::vector<double> weight = optional(1, 1), bias = optional(2, 0);
  for_each_row(x, call.type.shape, [&](std::span<double> row) {
    const auto length = static_cast<double>(row.size());
    double sum = 0, squares = 0;
    for (const double value : row) sum += value;
    const double middle = sum / length;
    for (const double value : row) squares += (value - middle) * (value - middle);
    const double factor = 1 / std::sqrt(squares / length + call.number(3));
    for (size_t i = 0; i < row.size(); ++i) row[i] = (row[i] - middle) * factor * weight[i] + bias[i];
  });
  return write(x, call.type);
}

constexpr OpRow<OpFunction> kRows[] = {{"mean", mean},
                                       {"sum", sum},
                                       {"max", extreme<std::greater>},
                                       {"min", extreme<std::less>},
                                       {"argmax", argmax},
                                       {"cumsum", cumsum},
                                       {"softmax", softmax},
                                       {"rms_norm", rms_norm},
                                       {"layer_norm", layer_norm}};

}  // namespace

OpFunction find_reduction_op(std::string_view name) { return find_function(kRows, name); }

}  // namespace vernier::core::reference
