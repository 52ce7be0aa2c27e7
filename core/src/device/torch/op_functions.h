// One function an op: arguments in the order of its signature, in LibTorch's words.
#pragma once

#include <ATen/core/Tensor.h>

#include <span>
#include <string_view>

#include "device/op.h"
#include "device/op_row.h"

namespace vernier::core {

// The arguments of one call. Accessors trust the signature: the dispatcher has checked the kinds.
class OpArguments {
 public:
  explicit OpArguments(std::span<const OpArgument> arguments) : arguments_(arguments) {}
  [[nodiscard]] at::Tensor tensor(size_t index) const;
  [[nodiscard]] bool has(size_t index) const {
    return !std::holds_alternative<std::monostate>(arguments_[index]);
  }
  [[nodiscard]] int64_t integer(size_t index) const { return std::get<int64_t>(arguments_[index]); }
  [[nodiscard]] double number(size_t index) const { return std::get<double>(arguments_[index]); }
  [[nodiscard]] const std::vector<int64_t>& integers(size_t index) const {
    return std::get<std::vector<int64_t>>(arguments_[index]);
  }
  [[nodiscard]] const std::string& text(size_t index) const {
    return std::get<std::string>(arguments_[index]);
  }
  [[nodiscard]] std::vector<at::Tensor> tensors(size_t index) const;

 private:
  std::span<const OpArgument> arguments_;
};

using OpFunction = at::Tensor (*)(const OpArguments&);

// Null for a name that the table lacks.
OpFunction find_arithmetic_op(
    std::string_view name);  // linear matmul add sub mul div neg rsqrt sqrt mean rms_norm layer_norm
OpFunction find_activation_op(std::string_view name);  // softmax gelu silu sigmoid tanh relu clamp
OpFunction find_math_op(std::string_view name);        // cos sin exp log erf … maximum minimum, reductions
OpFunction find_logic_op(std::string_view name);       // comparisons, logical_*, where
OpFunction find_shape_op(std::string_view name);       // reshape permute slice concat
OpFunction find_placement_op(std::string_view name);   // expand pad gather … scatter_rows
OpFunction find_whole_op(std::string_view name);       // cast floor_div remainder
OpFunction find_window_op(std::string_view name);      // convolution, pooling, resizing

// Of the ops with several results.
using SeveralFunction = std::vector<at::Tensor> (*)(const OpArguments&);
SeveralFunction find_several_op(std::string_view name);  // split topk

}  // namespace vernier::core
