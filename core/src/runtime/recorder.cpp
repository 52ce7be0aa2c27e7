#include "runtime/recorder.h"

#include <fmt/format.h>

namespace vernier::core {

std::string Recorder::unique(const std::string& wanted) {
  const int count = names_[wanted]++;
  asked_.push_back(wanted);
  if (count == 0) return wanted;
  return unique(fmt::format("{}_{}", wanted, count));
}

void Recorder::rewind(const Mark& mark) {
  for (; asked_.size() > mark.names; asked_.pop_back()) --names_[asked_.back()];
  std::erase_if(parameters_, [&](const auto& one) { return one.second >= mark.values; });
  graph_.values.resize(mark.values);
  graph_.nodes.resize(mark.nodes);
  tensors_.resize(mark.values);
}

ValueIndex Recorder::add_value(GraphValue value, const Tensor& tensor) {
  value.name = unique(value.name);
  graph_.values.push_back(std::move(value));
  tensors_.push_back(keep_tensors_ ? tensor : Tensor{});
  return static_cast<ValueIndex>(graph_.values.size() - 1);
}

ValueIndex Recorder::add_input(const std::string& name, const Tensor& sample) {
  GraphValue value;
  value.name = name;
  value.shape = sample.shape;
  value.dtype = sample.dtype;
  value.kind = ValueKind::kInput;
  const ValueIndex index = add_value(std::move(value), sample);
  graph_.inputs.push_back(index);
  return index;
}

ValueIndex Recorder::add_parameter(const Parameter& parameter, const QParams* qparams) {
  const auto known = parameters_.find(parameter.path);
  if (known != parameters_.end()) return known->second;
  GraphValue value;
  value.name = parameter.path;
  value.shape = parameter.source.shape;
  value.dtype = qparams == nullptr ? kFloat32 : qparams->dtype;
  value.kind = ValueKind::kConstant;
  value.constant_bytes = value.dtype.bytes(static_cast<uint64_t>(element_count(value.shape)));
  value.is_filled = parameter.is_filled;
  if (qparams != nullptr) value.qparams = *qparams;
  const ValueIndex index = add_value(std::move(value), Tensor{});
  parameters_.emplace(parameter.path, index);
  return index;
}

ValueIndex Recorder::add_op(uint32_t id, std::span<const OpArgument> arguments,
                            std::span<const ValueIndex> values, const std::string& module,
                            const Tensor& result) {
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
  GraphValue output;
  output.name = module.empty() ? node.op : module + "/" + node.op;
  output.shape = result.shape;
  output.dtype = result.dtype;
  const ValueIndex index = add_value(std::move(output), result);
  node.outputs = {index};
  graph_.nodes.push_back(std::move(node));
  return index;
}

ValueIndex Recorder::add_fake_quantize(ValueIndex input, const Site& site, const std::string& module,
                                       const Tensor& result) {
  GraphValue output;
  output.name = site.path;
  output.shape = result.shape;
  output.dtype = result.dtype;
  output.qparams = site.qparams;
  GraphNode node;
  node.op = "fake_quantize";
  node.module = module;
  node.inputs = {input};
  node.attributes["site"] = site.path;
  const ValueIndex index = add_value(std::move(output), result);
  node.outputs = {index};
  graph_.nodes.push_back(std::move(node));
  return index;
}

}  // namespace vernier::core
