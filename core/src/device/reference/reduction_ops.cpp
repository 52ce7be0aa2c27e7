#include <algorithm>
#include <cmath>
#include <limits>

#include "device/reference/elements.h"
#include "device/reference/ops.h"

namespace vernier::core::reference {

namespace {

int64_t from_front(int64_t axis, const Shape& shape) {
  return axis < 0 ? axis + std::max<int64_t>(1, static_cast<int64_t>(shape.size())) : axis;
}

// Sums over no element are NaN after the division, as 0 / 0 is.
Tensor mean(const Call& call) {
  const Tensor& x = call.tensor(0);
  Shape kept = x.shape;  // with extent 1 for each axis that goes
  for (const int64_t axis : call.integers(1)) {
    if (!kept.empty()) kept[static_cast<size_t>(from_front(axis, x.shape))] = 1;
  }
  if (call.integers(1).empty()) std::fill(kept.begin(), kept.end(), 1);
  std::vector<double> sums(static_cast<size_t>(element_count(kept)));
  const std::vector<double> values = read<double>(x, call.type.dtype);
  const std::vector<int64_t> index = broadcast_indices(kept, x.shape);
  for (size_t i = 0; i < values.size(); ++i) sums[static_cast<size_t>(index[i])] += values[i];
  const double count =
      sums.empty() ? 1 : static_cast<double>(values.size()) / static_cast<double>(sums.size());
  for (double& sum : sums) sum /= count;
  return write(sums, call.type);
}

// Calls body(row) for each row of the last axis.
template <typename Body>
void for_each_row(std::vector<double>& x, const Shape& shape, Body body) {
  const auto length = static_cast<size_t>(shape.back());
  for (size_t begin = 0; begin < x.size(); begin += length) body(std::span(x).subspan(begin, length));
}

Tensor softmax(const Call& call) {
  const Tensor& x = call.tensor(0);
  std::vector<double> values = read<double>(x, call.type.dtype);
  const Shape shape = x.shape.empty() ? Shape{1} : x.shape;
  const auto axis = static_cast<size_t>(from_front(call.integer(1), x.shape));
  const int64_t extent = shape[axis];
  int64_t inner = 1;
  for (size_t i = axis + 1; i < shape.size(); ++i) inner *= shape[i];
  for (int64_t begin = 0; begin < static_cast<int64_t>(values.size()); ++begin) {
    if (begin / inner % extent != 0) continue;  // only where a row along the axis begins
    const auto at = [&](int64_t k) -> double& { return values[static_cast<size_t>(begin + k * inner)]; };
    double greatest = -std::numeric_limits<double>::infinity(), sum = 0;
    for (int64_t k = 0; k < extent; ++k) greatest = std::isnan(at(k)) ? at(k) : std::max(greatest, at(k));
    for (int64_t k = 0; k < extent; ++k) sum += at(k) = std::exp(at(k) - greatest);
    for (int64_t k = 0; k < extent; ++k) at(k) /= sum;
  }
  return write(values, call.type);
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

struct Row {
  std::string_view name;
  OpFunction function;
};
constexpr Row kRows[] = {
    {"mean", mean}, {"softmax", softmax}, {"rms_norm", rms_norm}, {"layer_norm", layer_norm}};

}  // namespace

OpFunction find_reduction_op(std::string_view name) {
  for (const Row& row : kRows) {
    if (row.name == name) return row.function;
  }
  return nullptr;
}

}  // namespace vernier::core::reference
