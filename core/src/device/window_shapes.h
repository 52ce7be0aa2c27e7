// The shape of the result of an op that looks at windows of images: convolution, pooling, resizing.
#pragma once

#include "device/call_types.h"

namespace vernier::core {

// Each throws Error (kPlugin) where the arguments do not fit each other.
[[nodiscard]] Shape conv_shape(const CallTypes& call, size_t axes);
[[nodiscard]] Shape conv_transpose_shape(const CallTypes& call);
[[nodiscard]] Shape pool_shape(const CallTypes& call);
[[nodiscard]] Shape resized_shape(const CallTypes& call);

}  // namespace vernier::core
