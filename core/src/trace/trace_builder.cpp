#include "trace/trace_builder.h"

#include <fmt/format.h>

#include <algorithm>

#include "vernier/core/error.h"

namespace vernier::core {

std::string TraceBuilder::unique(const std::string& wanted) {
  const int count = names_[wanted]++;
  asked_.push_back(wanted);
  if (count == 0) return wanted;
  return unique(fmt::format("{}_{}", wanted, count));
}

void TraceBuilder::rewind(const Mark& mark) {
  for (; asked_.size() > mark.names; asked_.pop_back()) --names_[asked_.back()];
  std::erase_if(parameters_, [&](const auto& one) { return one.second >= mark.values; });
  std::erase_if(tables_, [&](const auto& one) { return one.second >= mark.values; });
  graph_.values.resize(mark.values);
  graph_.nodes.resize(mark.nodes);
  graph_.scopes.resize(mark.scopes);
}

ValueIndex TraceBuilder::add_value(GraphValue value) {
  value.name = unique(value.name);
  graph_.values.push_back(std::move(value));
  return static_cast<ValueIndex>(graph_.values.size() - 1);
}

ValueIndex TraceBuilder::add_input(const std::string& name, const TensorType& type) {
  GraphValue value;
  value.name = name;
  value.shape = type.shape;
  value.dtype = type.dtype;
  value.kind = ValueKind::kInput;
  const ValueIndex index = add_value(std::move(value));
  graph_.inputs.push_back(index);
  return index;
}

ValueIndex TraceBuilder::add_parameter(const Parameter& parameter, int index) {
  const auto known = parameters_.find(index);
  if (known != parameters_.end()) return known->second;
  GraphValue value;
  value.name = parameter.path;
  value.shape = parameter.source.shape;
  value.dtype = kFloat32;
  value.kind = ValueKind::kConstant;
  value.constant_bytes = value_bytes(value);
  value.is_filled = parameter.is_filled;
  value.parameter = index;
  const ValueIndex added = add_value(std::move(value));
  parameters_.emplace(index, added);
  return added;
}

ValueIndex TraceBuilder::add_table(std::shared_ptr<const TableData> table, const std::string& module) {
  const std::string path = module.empty() ? table->name : module + "." + table->name;
  if (const auto known = tables_.find(path); known != tables_.end()) {
    if (*graph_.values[known->second].table == *table) return known->second;
    throw plugin_error(
        fmt::format("table \"{}\" is given twice in one forward, with other numbers", table->name), module,
        "tables that differ have names that differ");
  }
  GraphValue value;
  value.name = path;
  value.shape = table->values.shape;
  value.dtype = table->values.dtype;
  value.kind = ValueKind::kConstant;
  value.constant_bytes = table->values.bytes();
  value.is_filled = true;
  value.table = std::move(table);
  const ValueIndex added = add_value(std::move(value));
  tables_.emplace(path, added);
  return added;
}

std::vector<ValueIndex> TraceBuilder::add_op(uint32_t id, std::span<const ArgumentType> arguments,
                                             std::span<const ValueIndex> values, const std::string& module,
                                             std::span<const TensorType> results) {
  const OpSignature& op = op_signatures()[id];
  GraphNode node;
  node.op = std::string(op.name);
  node.version = op.version;
  node.module = module;
  node.inputs.assign(values.begin(), values.end());
  for (size_t i = 0; i < op.arguments.size(); ++i) {
    const std::string name(op.arguments[i].name);
    if (const auto* integer = std::get_if<int64_t>(&arguments[i])) node.attributes[name] = *integer;
    if (const auto* number = std::get_if<double>(&arguments[i])) node.attributes[name] = *number;
    if (const auto* integers = std::get_if<std::vector<int64_t>>(&arguments[i]))
      node.attributes[name] = *integers;
    if (const auto* text = std::get_if<std::string>(&arguments[i])) node.attributes[name] = *text;
  }
  for (const TensorType& result : results) {
    GraphValue output;
    output.name = module.empty() ? node.op : module + "/" + node.op;
    output.shape = result.shape;
    output.dtype = result.dtype;
    node.outputs.push_back(add_value(std::move(output)));
  }
  graph_.nodes.push_back(std::move(node));
  return graph_.nodes.back().outputs;
}

ValueIndex TraceBuilder::add_fake_quantize(ValueIndex input, const Site& site, int index,
                                           const std::string& module, ValueIndex where) {
  GraphValue output;
  output.name = site.path;
  output.shape = graph_.values[input].shape;
  output.dtype = graph_.values[input].dtype;
  GraphNode node;
  node.op = "fake_quantize";
  node.module = module;
  node.inputs = {input};
  if (where != kNoValue) node.inputs.push_back(where);
  node.attributes["site"] = site.path;
  node.site = index;
  const ValueIndex added = add_value(std::move(output));
  node.outputs = {added};
  graph_.nodes.push_back(std::move(node));
  return added;
}

size_t TraceBuilder::begin_scope(const std::string& module, const std::string& entry,
                                 std::vector<ValueIndex> inputs) {
  GraphScope scope;
  scope.module = module;
  scope.entry = entry;
  scope.call = static_cast<uint32_t>(std::count_if(graph_.scopes.begin(), graph_.scopes.end(),
                                                   [&](const auto& one) { return one.module == module; }));
  scope.inputs = std::move(inputs);
  scope.first_node = static_cast<uint32_t>(graph_.nodes.size());
  graph_.scopes.push_back(std::move(scope));
  return graph_.scopes.size() - 1;
}

void TraceBuilder::end_scope(size_t scope, std::vector<ValueIndex> outputs) {
  graph_.scopes[scope].outputs = std::move(outputs);
  graph_.scopes[scope].end_node = static_cast<uint32_t>(graph_.nodes.size());
}

}  // namespace vernier::core
