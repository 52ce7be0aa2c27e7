// The dtype of an op's result.
#pragma once

#include "device/call_types.h"

namespace vernier::core {

// Throws Error (kPlugin) where the op does not take its arguments' dtypes.
[[nodiscard]] DType result_dtype(DTypeRule rule, const CallTypes& call);

}  // namespace vernier::core
