// What an op gives for which arguments, without computing anything: the shape and dtype rules of
// schemas/ops.json as code. Each device checks its calls with it.
#pragma once

#include <cstdint>
#include <span>
#include <string>
#include <variant>
#include <vector>

#include "device/op.h"
#include "tensor/tensor.h"

namespace vernier::core {

// A tensor without its elements.
struct TensorType {
  DType dtype;
  Shape shape;

  friend bool operator==(const TensorType& a, const TensorType& b) {
    return a.dtype == b.dtype && a.shape == b.shape;
  }
};
// "float32[2, 3]"
[[nodiscard]] std::string to_string(const TensorType& type);

[[nodiscard]] std::vector<TensorType> types_of(std::span<const Tensor> tensors);

// OpArgument with types in place of tensors.
using ArgumentType = std::variant<std::monostate, TensorType, int64_t, double, std::vector<int64_t>,
                                  std::vector<TensorType>, std::string>;
[[nodiscard]] std::vector<ArgumentType> types_of(std::span<const OpArgument> arguments);

// Types of the results of op `id` of op_signatures(). The arguments' kinds have passed the signature. Throws
// Error (kPlugin) that says which op, what it wants and what it found. It does not see elements: an index
// outside its table is found when the op runs.
[[nodiscard]] std::vector<TensorType> op_results(uint32_t id, std::span<const ArgumentType> arguments);
// Of the first result, which most ops have alone.
[[nodiscard]] TensorType op_result(uint32_t id, std::span<const ArgumentType> arguments);

// The dtype that LibTorch gives the result of a binary operator: the wider of the two, floats before integers
// before bool; a tensor without axes counts only where its kind is higher.
[[nodiscard]] DType promoted(const TensorType& a, const TensorType& b);
// The shape of two shapes that broadcast as NumPy's do; empty optional where they do not.
[[nodiscard]] std::optional<Shape> broadcast(const Shape& a, const Shape& b);

}  // namespace vernier::core
