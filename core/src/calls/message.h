// Recorded calls on their way from the process in which the wrappers ran to the host.
#pragma once

#include <span>
#include <vector>

#include "calls/recorded_calls.h"

namespace vernier::core {

// Of one message. The calls of a model of 26 layers are about 200 KiB for each set of shapes.
inline constexpr uint64_t kMostCallBytes = uint64_t{64} << 20;

[[nodiscard]] std::vector<std::byte> write_calls(const RecordedCalls& calls);
// Throws Error (kPlugin) saying at which byte what is wrong: the bytes are those of another version, they end
// too early or go on, a list of calls does not end with that of its root, a declaration or a call stands in
// the wrong kind of list. What the calls refer to is for who makes them to check.
[[nodiscard]] RecordedCalls read_calls(std::span<const std::byte> message);

}  // namespace vernier::core
