// A backend's look at a graph: the functions of abi/graph.h over a message, without handles.
#pragma once

#include <cstddef>
#include <functional>
#include <string_view>
#include <vector>

#include "graph/graph.h"
#include "vernier/abi/graph.h"

namespace vernier::core {

// Copies bytes [offset, offset + length) of a constant to `destination`; the range was checked. May throw.
using ConstantReader =
    std::function<void(ValueIndex value, uint64_t offset, void* destination, uint64_t length)>;
// Receives the reason of each status other than VERNIER_OK, in the words of an error message; the host makes
// its error object of it. Called on the thread that made the failing call.
using FailureReport = std::function<void(vernier_status status, std::string_view what)>;

// Everything handed out points into this object and lives as long as it does, so it never moves. Immutable:
// any thread may call. Methods fill what the caller's `size` covers and no further; on failure out-parameters
// are untouched (read_constant: the destination may be partly written). Null out-parameters are
// VERNIER_INVALID_ARGUMENT.
class GraphAccess {
 public:
  // Reads and keeps the message. Throws Error (kData), see read_message.
  GraphAccess(std::vector<std::byte> message, ConstantReader reader, FailureReport report = {});
  GraphAccess(const GraphAccess&) = delete;
  GraphAccess& operator=(const GraphAccess&) = delete;

  [[nodiscard]] const Graph& graph() const { return graph_; }

  vernier_status name(vernier_string* result) const noexcept;
  vernier_status counts(uint64_t* values, uint64_t* nodes) const noexcept;
  vernier_status inputs(const uint32_t** indices, uint64_t* count) const noexcept;
  vernier_status outputs(const uint32_t** indices, uint64_t* count) const noexcept;
  vernier_status value(uint64_t index, vernier_graph_value* result) const noexcept;
  vernier_status node(uint64_t index, vernier_graph_node* result) const noexcept;
  vernier_status attribute(uint64_t node, vernier_string name, vernier_argument* result) const noexcept;
  vernier_status read_constant(uint64_t value, uint64_t offset, void* destination,
                               uint64_t length) const noexcept;
  vernier_status message(const void** data, uint64_t* length) const noexcept;
  vernier_status graph_attribute(vernier_string name, vernier_argument* result) const noexcept;

 private:
  [[nodiscard]] vernier_status fail(vernier_status status, std::string_view what) const noexcept;
  [[nodiscard]] vernier_status find(const std::map<std::string, Attribute>& attributes, vernier_string name,
                                    vernier_argument* result) const noexcept;
  [[nodiscard]] vernier_status past_the_end(std::string_view what, uint64_t index,
                                            uint64_t count) const noexcept;

  const std::vector<std::byte> message_;
  const Graph graph_;
  std::vector<Shape> blocks_;                         // by value
  std::vector<std::vector<vernier_string>> extents_;  // likewise
  const ConstantReader reader_;
  const FailureReport report_;
};

}  // namespace vernier::core
