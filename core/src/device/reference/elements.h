// Tensors as plain vectors: elements of any dtype, converted to that of the result first, then to the type
// that the loops compute in.
#pragma once

#include <vector>

#include "device/op_rules.h"

namespace vernier::core::reference {

// Elements of `x` after a conversion to `as`, where integers wrap around and floats round: as double where
// `as` is a float, as int64_t where it is an integer or bool.
template <typename T>
[[nodiscard]] std::vector<T> read(const Tensor& x, DType as);
extern template std::vector<double> read(const Tensor& x, DType as);
extern template std::vector<int64_t> read(const Tensor& x, DType as);

// The tensor of `type` with these elements: rounded once to float32, or wrapped around as integers are.
template <typename T>
[[nodiscard]] Tensor write(const std::vector<T>& elements, const TensorType& type);
extern template Tensor write(const std::vector<double>& elements, const TensorType& type);
extern template Tensor write(const std::vector<int64_t>& elements, const TensorType& type);

// Index of each element of a tensor of `shape` that stands for each element of `result` when it is broadcast.
[[nodiscard]] std::vector<int64_t> broadcast_indices(const Shape& shape, const Shape& result);

[[nodiscard]] inline bool is_floating(DType dtype) { return dtype == kFloat32 || dtype == kFloat64; }

}  // namespace vernier::core::reference
