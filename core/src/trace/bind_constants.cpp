#include "trace/bind_constants.h"

#include <fmt/format.h>

#include <algorithm>
#include <functional>
#include <utility>

#include "graph/constant_expressions.h"
#include "graph/value_uses.h"
#include "vernier/core/error.h"

namespace vernier::core {

namespace {

Parameter& parameter_of(ModuleTree& tree, const GraphValue& value) {
  return tree.parameters.at(static_cast<size_t>(value.parameter));
}

// Whether an op may read it before it is quantized.
bool is_plain(const ModuleTree& tree, const GraphValue& value) {
  const Parameter& parameter = tree.parameters.at(static_cast<size_t>(value.parameter));
  return parameter.site < 0 || parameter.is_bound;
}

// The parameter of this content and name, or "<name>#2" and so on; added where there is none.
int find_or_add(ModuleTree& tree, Parameter wanted, const std::function<bool(const Parameter&)>& is_same) {
  const std::string name = wanted.path;
  for (int number = 1;; ++number) {
    wanted.path = number == 1 ? name : fmt::format("{}#{}", name, number);
    const int found = tree.index.place(tree.parameters, wanted.path);
    if (found >= 0) {
      if (!is_same(tree.parameters[static_cast<size_t>(found)])) continue;
      return found;
    }
    wanted.name = wanted.path;
    tree.parameters.push_back(std::move(wanted));
    return static_cast<int>(tree.parameters.size()) - 1;
  }
}

// Under the name that it has in the graph; tables of equal names and other numbers belong to other shapes.
void bind_table(GraphValue& value, ModuleTree& tree, bool is_exported) {
  const std::shared_ptr<const TableData> table = std::move(value.table);
  Parameter parameter;
  parameter.path = value.name;
  parameter.source = table->values;
  parameter.is_filled = parameter.is_table = true;
  parameter.is_exported = is_exported;
  value.parameter = find_or_add(tree, std::move(parameter), [&](const Parameter& one) {
    return one.is_table && TableData{table->name, one.source} == *table;
  });
  Parameter& bound = parameter_of(tree, value);
  bound.is_exported = bound.is_exported || is_exported;
  value.name = bound.path;
}

// Scales by channel need as many channels each time.
void require_equal_channels(ModuleTree& tree, const Parameter& added) {
  if (added.site < 0) return;
  const Site& site = tree.sites[static_cast<size_t>(added.site)];
  if (site.spec.granularity == Granularity::kTensor) return;
  // Those before were held against each other.
  const Parameter* before = tree.index.other_of_site(tree.parameters, added);
  if (before == nullptr) return;
  const Shape &a = before->source.shape, &b = added.source.shape;
  if (site.spec.granularity == Granularity::kBlock) {
    if (a == b) return;
    throw plugin_error(fmt::format("site {} has a scale for each block, and gets constants of {} and of {}",
                                   site.path, to_string(a), to_string(b)),
                       "site " + site.path, "set granularity tensor or channel");
  }
  const auto axis = static_cast<size_t>(site.spec.axis);
  if (axis >= a.size() || axis >= b.size() || a[axis] == b[axis]) return;
  throw plugin_error(fmt::format("site {} has a scale for each index of axis {}, and gets constants of {} "
                                 "and of {} for different input shapes",
                                 site.path, axis, to_string(a), to_string(b)),
                     "site " + site.path, "set another axis, or granularity tensor");
}

void bind_expression(Graph& graph, ConstantExpression made, ModuleTree& tree, bool is_exported) {
  GraphValue& value = graph.values[made.value];
  Parameter parameter;
  parameter.path = value.name;
  parameter.source = {value.dtype, value.shape, nullptr, nullptr};
  parameter.is_filled = true;
  parameter.is_bias = made.is_bias;
  parameter.site = made.site;
  parameter.expression = std::make_shared<const Graph>(std::move(made.graph));
  parameter.is_bound = made.site >= 0;
  parameter.is_exported = is_exported;
  const auto expression = parameter.expression;
  value.parameter = find_or_add(tree, std::move(parameter), [&](const Parameter& one) {
    return one.is_computed() && *one.expression == *expression && one.site == made.site;
  });
  Parameter& bound = parameter_of(tree, value);
  bound.is_bias = bound.is_bias && made.is_bias;
  bound.is_exported = bound.is_exported || is_exported;
  require_equal_channels(tree, bound);
  value.name = bound.path;
}

void bind_site(const Graph& graph, const CodedConstant& coded, ModuleTree& tree) {
  Parameter& parameter = parameter_of(tree, graph.values[coded.value]);
  if (parameter.site < 0) {
    parameter.site = coded.site;
    parameter.is_bound = true;
  }
  require_equal_channels(tree, parameter);
}

// A parameter that got its site from another trace is read through that site here too.
void require_same_reading(const SeparatedConstants& separated, const ModuleTree& tree) {
  for (ValueIndex i = 0; i < separated.graph.values.size(); ++i) {
    const GraphValue& value = separated.graph.values[i];
    if (value.kind != ValueKind::kConstant || value.parameter < 0) continue;
    const Parameter& parameter = tree.parameters[static_cast<size_t>(value.parameter)];
    if (!parameter.is_bound || parameter.is_computed()) continue;
    const auto coded =
        std::lower_bound(separated.coded.begin(), separated.coded.end(), i,
                         [](const CodedConstant& one, ValueIndex wanted) { return one.value < wanted; });
    if (coded != separated.coded.end() && coded->value == i && coded->site == parameter.site) continue;
    throw plugin_error(
        fmt::format(
            "parameter {} is quantized at {} in one trace and read in another way in one of other input "
            "shapes, or of another entry",
            parameter.path, tree.sites[static_cast<size_t>(parameter.site)].path),
        parameter.path, "quantize it in each, or declare it with a site of its own");
  }
}

}  // namespace

Graph bind_constants(Graph traced, ModuleTree& tree, bool is_exported) {
  const std::vector<bool> unstored = serve_observed_rows(traced);
  for (ValueIndex i = 0; i < traced.values.size(); ++i) {
    if (traced.values[i].table != nullptr) bind_table(traced.values[i], tree, is_exported && !unstored[i]);
  }
  SeparatedConstants separated =
      separate_constants(traced, [&](const GraphValue& value) { return is_plain(tree, value); });
  require_same_reading(separated, tree);
  for (const CodedConstant& coded : separated.coded) bind_site(separated.graph, coded, tree);
  const std::vector<bool> is_unstored = serve_observed_rows(separated.graph);
  for (ConstantExpression& made : separated.expressions) {
    const bool is_stored = is_exported && !is_unstored[made.value];
    bind_expression(separated.graph, std::move(made), tree, is_stored);
  }
  return std::move(separated.graph);
}

}  // namespace vernier::core
