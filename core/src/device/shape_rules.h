// The shape of an op's result.
#pragma once

#include "device/call_types.h"

namespace vernier::core {

// Elements that a result may have.
inline constexpr int64_t kMaxElements = int64_t{1} << 40;

// Throws Error (kPlugin) where the arguments do not fit each other.
[[nodiscard]] Shape result_shape(ShapeRule rule, const CallTypes& call);

// `axis` counted from the front; a tensor without axes has axis 0 (and -1) for reductions. Throws Error.
[[nodiscard]] size_t axis_of(const CallTypes& call, int64_t axis, const Shape& shape);

// Argument i has this rank. Throws Error.
void require_rank(const CallTypes& call, size_t i, size_t rank);
// Argument i has this shape. Throws Error.
void require_shape(const CallTypes& call, size_t i, const Shape& shape);

}  // namespace vernier::core
