// What each op computes, one element after the other. float32 results are computed in double and rounded
// once, so they are as near as float32 can be but for sums of very unequal terms; float64 results are
// computed in double; integers wrap around as int64 products and sums do.
#pragma once

#include <span>

#include "device/op_row.h"
#include "device/op_rules.h"

namespace vernier::core::reference {

// Arguments of a call that op_result() has let through, and the type that it answered.
struct Call {
  std::span<const OpArgument> arguments;
  TensorType type;

  [[nodiscard]] const Tensor& tensor(size_t i) const { return std::get<Tensor>(arguments[i]); }
  [[nodiscard]] bool has(size_t i) const { return !std::holds_alternative<std::monostate>(arguments[i]); }
  [[nodiscard]] const std::vector<Tensor>& tensors(size_t i) const {
    return std::get<std::vector<Tensor>>(arguments[i]);
  }
  [[nodiscard]] int64_t integer(size_t i) const { return std::get<int64_t>(arguments[i]); }
  [[nodiscard]] double number(size_t i) const { return std::get<double>(arguments[i]); }
  [[nodiscard]] const std::vector<int64_t>& integers(size_t i) const {
    return std::get<std::vector<int64_t>>(arguments[i]);
  }
  [[nodiscard]] const std::string& text(size_t i) const { return std::get<std::string>(arguments[i]); }
};

using OpFunction = Tensor (*)(const Call&);

// Null for a name that the table lacks.
[[nodiscard]] OpFunction find_elementwise_op(std::string_view name);
[[nodiscard]] OpFunction find_math_op(std::string_view name);     // cos sin exp log … maximum minimum
[[nodiscard]] OpFunction find_logic_op(std::string_view name);    // comparisons, logical_*, where
[[nodiscard]] OpFunction find_product_op(std::string_view name);  // linear matmul
[[nodiscard]] OpFunction find_reduction_op(
    std::string_view name);  // mean softmax rms_norm layer_norm sum max min …
[[nodiscard]] OpFunction find_movement_op(std::string_view name);   // reshape permute slice concat
[[nodiscard]] OpFunction find_placement_op(std::string_view name);  // expand pad gather … scatter_rows
[[nodiscard]] OpFunction find_whole_op(std::string_view name);      // cast floor_div remainder
[[nodiscard]] OpFunction find_window_op(std::string_view name);     // convolution, pooling, resizing

// Of the ops with several results; `types` are those of all.
using SeveralFunction = std::vector<Tensor> (*)(const Call&, std::span<const TensorType> types);
[[nodiscard]] SeveralFunction find_several_op(std::string_view name);  // split topk

}  // namespace vernier::core::reference
