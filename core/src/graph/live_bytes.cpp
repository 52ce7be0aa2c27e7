#include "graph/live_bytes.h"

#include <algorithm>

#include "graph/liveness.h"

namespace vernier::core {

namespace {

// A slice lies in one piece where only extents of 1 come before its axis.
bool is_one_piece(const Graph& graph, const GraphNode& slice) {
  const Shape& shape = graph.values[slice.inputs[0]].shape;
  const auto rank = static_cast<int64_t>(shape.size());
  const auto found = slice.attributes.find("axis");
  if (found == slice.attributes.end()) return false;
  const auto* axis = std::get_if<int64_t>(&found->second);
  if (axis == nullptr) return false;
  const int64_t before = std::clamp<int64_t>(*axis < 0 ? *axis + rank : *axis, 0, rank);
  return std::all_of(shape.begin(), shape.begin() + before, [](int64_t extent) { return extent == 1; });
}

bool shares(const Graph& graph, const GraphNode& node, bool sites_share) {
  if (node.op == "fake_quantize") return sites_share;
  return node.op == "reshape" || (node.op == "slice" && is_one_piece(graph, node));
}

}  // namespace

LiveBytes::LiveBytes(const Graph& graph, bool sites_share)
    : graph_(graph),
      roots_(graph.values.size()),
      last_(last_readers(graph)),
      going_(graph.nodes.size()),
      is_live_(graph.values.size()) {
  for (ValueIndex value = 0; value < roots_.size(); ++value) roots_[value] = value;
  for (uint32_t i = 0; i < graph.nodes.size(); ++i) {
    const GraphNode& node = graph.nodes[i];
    for (const ValueIndex output : node.outputs)
      if (last_[output] == kNeverRead) last_[output] = i;
    if (!shares(graph, node, sites_share) || graph.values[node.inputs[0]].kind == ValueKind::kConstant)
      continue;
    const ValueIndex root = roots_[node.inputs[0]];
    roots_[node.outputs[0]] = root;
    last_[root] = std::max(last_[root], last_[node.outputs[0]]);
  }
  for (ValueIndex value = 0; value < roots_.size(); ++value) {
    if (roots_[value] == value && last_[value] < graph.nodes.size()) going_[last_[value]].push_back(value);
  }
}

void LiveBytes::begin(std::span<const ValueIndex> values) {
  for (const ValueIndex value : values) {
    if (is_live_[value]) continue;
    if (roots_[value] != value) {  // cut off from its root, it is a tensor of its own
      roots_[value] = value;
      if (last_[value] < going_.size()) going_[last_[value]].push_back(value);
    }
    is_live_[value] = true;
    now_ += value_bytes(graph_.values[value]);
  }
}

void LiveBytes::make(uint32_t node) {
  for (const ValueIndex output : graph_.nodes[node].outputs) {
    const ValueIndex root = roots_[output];
    if (is_live_[root] || graph_.values[root].kind == ValueKind::kConstant) continue;
    is_live_[root] = true;
    now_ += value_bytes(graph_.values[root]);
  }
}

void LiveBytes::drop(uint32_t node) {
  for (const ValueIndex value : going_[node]) {
    if (!is_live_[value]) continue;
    is_live_[value] = false;
    now_ -= value_bytes(graph_.values[value]);
  }
}

}  // namespace vernier::core
