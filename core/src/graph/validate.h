// What must hold for a graph beyond its types. Everyone who got a graph from elsewhere asks here before
// touching it.
#pragma once

#include <string>

#include "graph/graph.h"
#include "vernier/core/error.h"

namespace vernier::core {

inline constexpr uint64_t kMaxGraphValues = uint64_t{1} << 24;
inline constexpr uint64_t kMaxGraphNameBytes = 4096;  // names of values, ops, modules and attributes
inline constexpr uint64_t kMaxGraphRank = 64;
inline constexpr uint64_t kMaxGraphElements = uint64_t{1}
                                              << 48;  // per value, so that no byte count overflows

// `value 3 "x"`, `node 5 "linear" of model.embed_vision`: how errors name a place in a graph. The index must
// be in range.
std::string describe_value(const Graph& graph, ValueIndex index);
std::string describe_node(const Graph& graph, size_t index);
// A name fit for a message: cut to 200 bytes, "?" where it is not UTF-8.
std::string printable(const std::string& text);

// Indices in range, inputs and constants never produced, one producer per intermediate, nodes in execution
// order, outputs defined. Enough to walk the graph safely. Throws Error of `kind` that names the node or
// value.
void validate_structure(const Graph& graph, ErrorKind kind);

// The structure, and: names unique, UTF-8 and not empty, dtypes known, shapes bounded, qparams legal for
// dtype and shape (none is `is_float`), constant_bytes as dtype and shape say. Throws Error of `kind` that
// names the node or value.
void validate(const Graph& graph, ErrorKind kind);

}  // namespace vernier::core
