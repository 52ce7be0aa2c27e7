// The graph as bytes (schemas/graph.fbs): between host and backends, on disk for replay, in golden tests.
#pragma once

#include <cstddef>
#include <span>
#include <vector>

#include "graph/features.h"
#include "graph/graph.h"

namespace vernier::core {

inline constexpr uint32_t kMessageMajor = 1;
inline constexpr uint32_t kMessageMinor = 0;
inline constexpr uint64_t kMaxMessageBytes = uint64_t{1} << 30;

// Equal graphs give equal bytes. `must_understand` is features(graph). Throws Error (kInternal) where the
// graph is not valid.
std::vector<std::byte> write_message(const Graph& graph);

// Bytes that nobody vouches for: FlatBuffers' verifier, then validate(), then the features. Takes time and
// memory linear in the message. Throws Error (kData) that names the value or node.
Graph read_message(std::span<const std::byte> message);

}  // namespace vernier::core
