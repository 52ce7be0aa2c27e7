// Handles of a forward's values as places, which mean the same in a trace of another process.
#pragma once

#include <cstddef>
#include <span>
#include <vector>

#include "calls/recorded_calls.h"
#include "vernier/abi/value.h"

namespace vernier::core {

// Of handles that are live, or absent: where they stand among the values of their trace.
[[nodiscard]] ValuePlace place_of(uint64_t handle);
[[nodiscard]] std::vector<ValuePlace> places_of(std::span<const uint64_t> handles);
// Of a call that was granted.
[[nodiscard]] OpCall op_call(uint32_t op, std::span<const vernier_argument> arguments, size_t results);

}  // namespace vernier::core
