// What an op refuses for the elements of its arguments: an index outside its axis, an integer divided by
// zero. Here once, so that every device refuses the same calls in the same words, and none reads outside a
// tensor.
#pragma once

#include <span>

#include "device/op_rules.h"

namespace vernier::core {

// `arguments` have passed op_result(), whose answer is `result`. Throws Error (kData).
void check_elements(const OpSignature& op, std::span<const OpArgument> arguments, const TensorType& result);

// Element i of an int32 or int64 tensor.
[[nodiscard]] int64_t index_at(const Tensor& indices, int64_t i);

}  // namespace vernier::core
