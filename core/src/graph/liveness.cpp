#include "graph/liveness.h"

namespace vernier::core {

std::vector<uint32_t> last_readers(const Graph& graph) {
  std::vector<uint32_t> last(graph.values.size(), kNeverRead);
  for (uint32_t node = 0; node < graph.nodes.size(); ++node) {
    for (ValueIndex input : graph.nodes[node].inputs) {
      if (input != kNoValue) last[input] = node;
    }
  }
  for (ValueIndex output : graph.outputs) last[output] = kUntilTheEnd;
  return last;
}

}  // namespace vernier::core
