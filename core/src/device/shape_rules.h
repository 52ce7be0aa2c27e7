// The shape of an op's result.
#pragma once

#include "device/call_types.h"

namespace vernier::core {

// Throws Error (kPlugin) where the arguments do not fit each other.
[[nodiscard]] Shape result_shape(ShapeRule rule, const CallTypes& call);

// `axis` counted from the front; a tensor without axes has axis 0 (and -1) for reductions. Throws Error.
[[nodiscard]] size_t axis_of(const CallTypes& call, int64_t axis, const Shape& shape);

}  // namespace vernier::core
