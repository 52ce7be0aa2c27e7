// The shape of the result of an op that chooses, places or repeats elements.
#pragma once

#include "device/call_types.h"

namespace vernier::core {

// Each throws Error (kPlugin) where the arguments do not fit each other.
[[nodiscard]] Shape expanded_shape(const CallTypes& call);
[[nodiscard]] Shape padded_shape(const CallTypes& call);
[[nodiscard]] Shape gathered_shape(const CallTypes& call);
[[nodiscard]] Shape strided_shape(const CallTypes& call);
[[nodiscard]] Shape one_hot_shape(const CallTypes& call);
[[nodiscard]] Shape range_shape(const CallTypes& call);
[[nodiscard]] Shape scattered_shape(const CallTypes& call);
[[nodiscard]] Shape updated_shape(const CallTypes& call);
// Of each piece, one at least.
[[nodiscard]] std::vector<Shape> split_shapes(const CallTypes& call);
[[nodiscard]] Shape topk_shape(const CallTypes& call);

}  // namespace vernier::core
