// Where elements lie: steps along axes, and what is copied from place to place.
#pragma once

#include <cstdint>
#include <vector>

#include "device/op_rules.h"

namespace vernier::core::reference {

[[nodiscard]] size_t from_front(int64_t axis, const Shape& shape);

// Elements between neighbours along each axis.
[[nodiscard]] std::vector<int64_t> steps_of(const Shape& shape);

// Index into a tensor for each element of `result`, whose axes have `steps` there.
[[nodiscard]] std::vector<int64_t> walk(const Shape& result, const std::vector<int64_t>& steps,
                                        int64_t first);

// The result whose element i is element index[i] of `x`.
[[nodiscard]] Tensor pick(const Tensor& x, const std::vector<int64_t>& index, const TensorType& type);

// A copy of `x` whose element index[i] is element i of `values`, which has the same dtype.
[[nodiscard]] Tensor put(const Tensor& x, const std::vector<int64_t>& index, const Tensor& values);

}  // namespace vernier::core::reference
