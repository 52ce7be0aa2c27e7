// Any bytes: read_message gives a valid graph or an Error. A valid one must survive everything the host does
// with it.
#include <cstddef>
#include <cstdint>
#include <cstdlib>
#include <cstring>
#include <nlohmann/json.hpp>
#include <vector>

#include "graph/fold.h"
#include "graph/graph_access.h"
#include "graph/message.h"
#include "graph/to_json.h"
#include "vernier/core/error.h"

using namespace vernier::core;

namespace {

void demand(bool condition) {
  if (!condition) std::abort();
}

void use(const std::vector<std::byte>& message, const Graph& graph) {
  demand(write_message(read_message(write_message(graph))) == write_message(graph));
  demand(!to_json(graph).dump().empty());
  const GraphAccess access(message, [](ValueIndex, uint64_t, void* destination, uint64_t length) {
    std::memset(destination, 0, length);
  });
  for (size_t i = 0; i <= graph.values.size(); ++i) {
    vernier_graph_value value{};
    value.size = sizeof value;
    demand((access.value(i, &value) == VERNIER_OK) == (i < graph.values.size()));
    std::byte byte{};
    access.read_constant(i, value.constant_bytes / 2, &byte, 1);
  }
  for (size_t i = 0; i <= graph.nodes.size(); ++i) {
    vernier_graph_node node{};
    node.size = sizeof node;
    demand((access.node(i, &node) == VERNIER_OK) == (i < graph.nodes.size()));
    vernier_argument argument{};
    access.attribute(i, {"axis", 4}, &argument);
  }
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  const auto* bytes = reinterpret_cast<const std::byte*>(data);
  const std::vector<std::byte> message(bytes, bytes + size);
  Graph graph;
  try {
    graph = read_message(message);
  } catch (const Error& error) {
    demand(error.kind() == ErrorKind::kData && !error.diagnostics().empty());
    return 0;
  }
  use(message, graph);
  try {
    fold(graph);
  } catch (const Error&) {  // a valid message need not be what a recorder leaves
  }
  return 0;
}
