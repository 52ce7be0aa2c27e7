#include "session/waiting_values.h"

#include <set>

#include "graph/live_bytes.h"
#include "report/site_statistics.h"

namespace vernier::core {

Waiting waiting_of(const Graph& graph) {
  const LiveBytes live(graph, true);
  std::set<ValueIndex> counted;
  Waiting waiting;
  const auto add = [&](ValueIndex value) {
    const ValueIndex root = live.root(value);
    if (graph.values[root].kind == ValueKind::kConstant || !counted.insert(root).second) return;
    waiting.bytes += value_bytes(graph.values[root]);
    if (graph.values[root].kind == ValueKind::kInput) waiting.inputs.push_back(root);
  };
  for (const ValueIndex value : graph.outputs) add(value);
  uint64_t held = 0;
  for (const GraphNode& node : graph.nodes) {
    if (node.op != "fake_quantize") continue;
    const uint64_t bytes = value_bytes(graph.values[node.outputs[0]]);
    if (held + bytes > StatisticsCollector::kHeldBytes) continue;
    held += bytes;
    add(node.outputs[0]);
  }
  return waiting;
}

}  // namespace vernier::core
