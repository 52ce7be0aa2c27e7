#include "session/waiting_values.h"

#include <set>

#include "report/site_statistics.h"

namespace vernier::core {

std::vector<ValueIndex> held_at_sites(const Graph& graph, const LiveBytes& live, uint64_t& counted) {
  std::vector<ValueIndex> roots;
  for (const GraphNode& node : graph.nodes) {
    if (node.op != "fake_quantize") continue;
    const uint64_t bytes = value_bytes(graph.values[node.outputs[0]]);
    if (counted + bytes > StatisticsCollector::kHeldBytes) continue;
    counted += bytes;
    const ValueIndex root = live.root(node.outputs[0]);
    if (graph.values[root].kind != ValueKind::kConstant) roots.push_back(root);
  }
  return roots;
}

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
  for (const ValueIndex root : held_at_sites(graph, live, held)) add(root);
  return waiting;
}

}  // namespace vernier::core
