#include "trace/traces.h"

#include <fmt/format.h>

#include <algorithm>

#include "trace/bind_constants.h"
#include "vernier/core/error.h"

namespace vernier::core {

namespace {

std::string shown(const std::string& module) { return module.empty() ? "<root>" : module; }

std::string describe(const Graph& graph, size_t node) {
  if (node >= graph.nodes.size()) return "nothing";
  const GraphNode& found = graph.nodes[node];
  const GraphValue& output = graph.values[found.outputs[0]];
  return fmt::format(
      "{} of module {} giving {}",
      found.site >= 0 ? "quantize at " + std::get<std::string>(found.attributes.at("site")) : found.op,
      shown(found.module), to_string(TensorType{output.dtype, output.shape}));
}

// The innermost module that both are, or are inside: where two forwards part, the one that called them.
std::string common_parent(const std::string& a, const std::string& b) {
  if (a == b) return a;
  size_t end = 0;  // of the equal whole names
  for (size_t i = 0; i <= std::min(a.size(), b.size()); ++i) {
    const bool a_ends = i == a.size() || a[i] == '.', b_ends = i == b.size() || b[i] == '.';
    if (a_ends && b_ends) end = i;
    if (i < std::min(a.size(), b.size()) && a[i] != b[i]) break;
  }
  return a.substr(0, end);
}

std::string describe_module(const ModuleTree& tree, const std::string& path) {
  for (const Module& module : tree.modules) {
    if (module.path == path)
      return fmt::format("module {} ({}, plugin {})", shown(path), module.type, module.plugin);
  }
  return describe_module(tree, tree.root().path);
}

std::vector<const GraphNode*> sites_of(const Graph& graph) {
  std::vector<const GraphNode*> sites;
  for (const GraphNode& node : graph.nodes) {
    if (node.site >= 0) sites.push_back(&node);
  }
  return sites;
}

std::string site_name(const std::vector<const GraphNode*>& sites, size_t i) {
  return i < sites.size() ? std::get<std::string>(sites[i]->attributes.at("site")) : "none";
}

std::string scope_name(const Graph& graph, size_t i) {
  if (i >= graph.scopes.size()) return "none";
  return fmt::format("{}:{}", shown(graph.scopes[i].module), graph.scopes[i].entry);
}

std::optional<TraceDifference> first_other_table(const Graph& a, const Graph& b) {
  for (size_t i = 0; i < std::min(a.values.size(), b.values.size()); ++i) {
    const GraphValue &was = a.values[i], &is = b.values[i];
    if (was.table == nullptr || is.table == nullptr || *was.table == *is.table) continue;
    const size_t end = was.name.size() - std::min(was.name.size(), was.table->name.size() + 1);
    return TraceDifference{fmt::format("table {} had other numbers the second time", was.name),
                           was.name.substr(0, end)};
  }
  return std::nullopt;
}

}  // namespace

std::optional<TraceDifference> first_difference(const Graph& a, const Graph& b) {
  if (a == b) return std::nullopt;
  for (size_t i = 0; i < std::max(a.nodes.size(), b.nodes.size()); ++i) {
    const bool both = i < a.nodes.size() && i < b.nodes.size();
    const std::string was = describe(a, i), is = describe(b, i);
    const std::string module = both ? common_parent(a.nodes[i].module, b.nodes[i].module) : std::string();
    if (was != is) return TraceDifference{fmt::format("step {} was {}, then {}", i, was, is), module};
    if (both && !(a.nodes[i] == b.nodes[i]))
      return TraceDifference{fmt::format("step {}, {}, had other arguments the second time", i, was), module};
  }
  if (auto table = first_other_table(a, b)) return table;
  if (a.outputs != b.outputs) return TraceDifference{"the outputs are other values the second time", {}};
  if (const auto calls = first_structural_difference(a, b)) return TraceDifference{*calls, {}};
  return TraceDifference{"calls of children or parameters that no op reads differ", {}};
}

std::optional<std::string> first_structural_difference(const Graph& a, const Graph& b) {
  for (size_t i = 0; i < std::max(a.scopes.size(), b.scopes.size()); ++i) {
    const std::string was = scope_name(a, i), is = scope_name(b, i);
    if (was != is) return fmt::format("call {} is of {}, then of {}", i, was, is);
  }
  const auto first = sites_of(a), second = sites_of(b);
  for (size_t i = 0; i < std::max(first.size(), second.size()); ++i) {
    const std::string was = site_name(first, i), is = site_name(second, i);
    if (was != is) return fmt::format("quantize call {} is at {}, then at {}", i, was, is);
  }
  return std::nullopt;
}

std::shared_ptr<const Graph> Traces::trace(std::span<const TensorType> types) {
  std::vector<NamedType> inputs;
  for (size_t i = 0; i < types.size(); ++i) inputs.push_back({names_.at(i), types[i]});
  Graph graph = tracer_.trace(module_, entry_, inputs, output_names_);
  if (const auto difference =
          first_difference(graph, tracer_.trace(module_, entry_, inputs, output_names_))) {
    throw plugin_error(
        fmt::format("two calls of {} with inputs of equal shapes differ: {}", entry_, difference->text),
        describe_module(tree_, difference->module),
        "a wrapper's forward may depend on shapes, config and scalars of the checkpoint alone: it keeps no "
        "state between calls");
  }
  const bool is_first = first_ == nullptr;
  if (is_first) {  // its calls are what is compared
    Graph calls = graph;
    calls.values.clear();
    first_ = std::make_shared<const Graph>(std::move(calls));
  }
  if (const auto difference = first_structural_difference(*first_, graph)) {
    throw plugin_error(fmt::format("{} takes another way for other input shapes: {}", entry_, *difference),
                       describe_module(tree_, tree_.modules[static_cast<size_t>(module_)].path),
                       "calls of modules and of quantize must be the same for all shapes, so that each site "
                       "sees all samples");
  }
  return std::make_shared<const Graph>(bind_constants(std::move(graph), tree_, is_first));
}

std::shared_ptr<const Graph> Traces::graph(std::span<const TensorType> types) {
  return traced_.find(std::vector<TensorType>(types.begin(), types.end()), [&] { return trace(types); });
}

}  // namespace vernier::core
