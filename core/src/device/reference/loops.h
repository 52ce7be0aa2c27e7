// Loops over elements: one tensor, or two that broadcast.
#pragma once

#include "device/reference/elements.h"
#include "device/reference/ops.h"

namespace vernier::core::reference {

// `function` of each element, computed as T.
template <typename T, typename Function>
Tensor map(const Call& call, Function function) {
  std::vector<T> x = read<T>(call.tensor(0), call.type.dtype);
  for (T& value : x) value = function(value);
  return write(x, call.type);
}

// The elements of argument i, converted to `as`, one for each element of the result.
template <typename T>
std::vector<T> spread(const Call& call, size_t i, DType as) {
  const std::vector<T> x = read<T>(call.tensor(i), as);
  const std::vector<int64_t> index = broadcast_indices(call.tensor(i).shape, call.type.shape);
  std::vector<T> result(index.size());
  for (size_t k = 0; k < result.size(); ++k) result[k] = x[static_cast<size_t>(index[k])];
  return result;
}

// `function` of each pair, computed as T after a conversion to `as`.
template <typename T, typename Function>
Tensor zip_as(const Call& call, DType as, Function function) {
  const std::vector<T> a = spread<T>(call, 0, as), b = spread<T>(call, 1, as);
  std::vector<T> result(a.size());
  for (size_t i = 0; i < result.size(); ++i) result[i] = function(a[i], b[i]);
  return write(result, call.type);
}
template <typename T, typename Function>
Tensor zip(const Call& call, Function function) {
  return zip_as<T>(call, call.type.dtype, function);
}

}  // namespace vernier::core::reference
