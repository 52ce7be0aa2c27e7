#include "graph/value_uses.h"

#include <algorithm>
#include <numeric>

#include "graph/views.h"

namespace vernier::core {
namespace {

bool stays_float(const std::optional<QParams>& qparams) { return !qparams || qparams->is_float; }

void keep_live_nodes(Graph& graph) {
  std::vector<bool> live(graph.values.size(), false);
  for (ValueIndex output : graph.outputs) live[output] = true;
  std::vector<GraphNode> kept;
  for (auto node = graph.nodes.rbegin(); node != graph.nodes.rend(); ++node) {
    if (std::none_of(node->outputs.begin(), node->outputs.end(),
                     [&](ValueIndex output) { return live[output]; }))
      continue;
    for (ValueIndex input : node->inputs) {
      if (input != kNoValue) live[input] = true;
    }
    kept.push_back(std::move(*node));
  }
  std::reverse(kept.begin(), kept.end());
  graph.nodes = std::move(kept);
}

// A later node was noted first, so the earlier one's qparams become `first`.
void note(ValueUse& use, const QParams& qparams) {
  if (use.first && !(*use.first == qparams)) use.differs = true;
  use.first = qparams;
}

void note_view(const Graph& graph, const GraphNode& view, ValueUse output, std::vector<ValueUse>& uses) {
  const std::optional<QParams> planned = output.planned();
  const std::optional<QParams> needed = planned ? carry_back(graph, view, *planned) : std::nullopt;
  for (ValueIndex input : view.inputs) {
    ValueUse& use = uses[input];
    if (!needed) {
      use.as_float = true;
      continue;
    }
    note(use, *needed);
    use.differs |= output.differs;
    use.sliced |= output.sliced || view.op == "slice" || view.op == "strided_slice" || view.op == "split";
  }
}

void note_view(const Graph& graph, const GraphNode& view, std::vector<ValueUse>& uses) {
  for (const ValueIndex output : view.outputs) {
    const bool is_read = uses[output].as_float || uses[output].first;  // a piece may have no reader
    if (is_read) note_view(graph, view, uses[output], uses);
  }
}

}  // namespace

bool is_fake_quantize(const GraphNode& node) { return node.op == "fake_quantize"; }

bool is_plain_integer(const GraphValue& value) {
  return !value.qparams && (value.dtype.is_integer() || value.dtype.code == VERNIER_DTYPE_BOOL);
}

std::vector<bool> serve_observed_rows(const Graph& traced) {
  std::vector<bool> for_rows(traced.values.size()), otherwise(traced.values.size());
  for (ValueIndex output : traced.outputs) otherwise[output] = true;
  const auto serves_rows = [&](ValueIndex value) { return for_rows[value] && !otherwise[value]; };
  for (auto node = traced.nodes.rbegin(); node != traced.nodes.rend(); ++node) {
    const bool all = std::all_of(node->outputs.begin(), node->outputs.end(), serves_rows);
    for (size_t i = 0; i < node->inputs.size(); ++i) {
      if (node->inputs[i] == kNoValue) continue;
      const bool is_rows = all || (is_fake_quantize(*node) && i > 0);
      (is_rows ? for_rows : otherwise)[node->inputs[i]] = true;
    }
  }
  for (ValueIndex value = 0; value < traced.values.size(); ++value) for_rows[value] = serves_rows(value);
  return for_rows;
}

Graph drop_identities(const Graph& recorded) {
  Graph graph = recorded;
  std::vector<ValueIndex> stands_for(graph.values.size());
  std::iota(stands_for.begin(), stands_for.end(), ValueIndex{0});
  std::vector<GraphNode> kept;
  for (GraphNode& node : graph.nodes) {
    for (ValueIndex& input : node.inputs) {
      if (input != kNoValue) input = stands_for[input];
    }
    if (is_fake_quantize(node) && stays_float(graph.values[node.outputs[0]].qparams)) {
      stands_for[node.outputs[0]] = node.inputs[0];
    } else {
      kept.push_back(std::move(node));
    }
  }
  graph.nodes = std::move(kept);
  for (ValueIndex& output : graph.outputs) output = stands_for[output];
  keep_live_nodes(graph);
  return graph;
}

std::vector<std::optional<QParams>> grids(const Graph& graph) {
  std::vector<std::optional<QParams>> result(graph.values.size());
  for (size_t i = 0; i < graph.values.size(); ++i) {
    const GraphValue& value = graph.values[i];
    if (value.kind == ValueKind::kConstant && !stays_float(value.qparams)) result[i] = value.qparams;
  }
  for (const GraphNode& node : graph.nodes) {
    if (is_fake_quantize(node)) result[node.outputs[0]] = graph.values[node.outputs[0]].qparams;
    if (!is_view(node)) continue;
    std::vector<QParams> inputs;
    for (ValueIndex input : node.inputs) {
      if (result[input]) inputs.push_back(*result[input]);
    }
    if (inputs.size() != node.inputs.size()) continue;
    for (const ValueIndex output : node.outputs) result[output] = carry(graph, node, inputs);
  }
  return result;
}

std::vector<ValueUse> value_uses(const Graph& graph, const std::vector<std::optional<QParams>>& grids) {
  std::vector<ValueUse> uses(graph.values.size());
  for (ValueIndex output : graph.outputs) uses[output].as_float = true;
  for (auto node = graph.nodes.rbegin(); node != graph.nodes.rend(); ++node) {
    if (is_fake_quantize(*node)) {
      note(uses[node->inputs[0]], *graph.values[node->outputs[0]].qparams);
    } else if (is_view(*node) && !grids[node->outputs[0]]) {
      note_view(graph, *node, uses);
    } else if (!is_view(*node)) {
      for (ValueIndex input : node->inputs) {
        if (input != kNoValue) uses[input].as_float = true;
      }
    }
  }
  return uses;
}

}  // namespace vernier::core
