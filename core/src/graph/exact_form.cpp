#include "graph/exact_form.h"

#include "vernier/core/error.h"

namespace vernier::core {

namespace {

class ExactWriter {
 public:
  explicit ExactWriter(const Graph& folded) : folded_(folded) {
    result_.graph.name = folded.name;
    result_.graph.values = folded.values;
    for (ValueIndex i = 0; i < folded.values.size(); ++i) {
      result_.reals.push_back(i);
      GraphValue& value = result_.graph.values[i];
      if (value.kind != ValueKind::kConstant && has_grid(i)) value.dtype = kFloat32;
    }
  }

  ExactForm write() {
    for (ValueIndex input : folded_.inputs)
      result_.graph.inputs.push_back(has_grid(input) ? raw(input) : input);
    for (size_t i = 0; i < folded_.inputs.size(); ++i) {
      if (has_grid(folded_.inputs[i])) round(result_.graph.inputs[i], folded_.inputs[i], {});
    }
    for (const GraphNode& node : folded_.nodes) write(node);
    for (ValueIndex output : folded_.outputs) result_.graph.outputs.push_back(real(output));
    return std::move(result_);
  }

 private:
  [[nodiscard]] bool has_grid(ValueIndex value) const {
    const auto& qparams = folded_.values[value].qparams;
    return qparams && !qparams->is_float;
  }

  [[nodiscard]] ValueIndex real(ValueIndex value) const {
    return value == kNoValue ? kNoValue : result_.reals[value];
  }

  // What a value is before it is rounded; an input keeps its name, by which samples are given.
  ValueIndex raw(ValueIndex value) {
    GraphValue before = result_.graph.values[value];
    before.qparams.reset();
    if (before.kind == ValueKind::kInput)
      result_.graph.values[value].kind = ValueKind::kIntermediate;
    else
      before.name += " before it is rounded";
    result_.graph.values.push_back(std::move(before));
    return static_cast<ValueIndex>(result_.graph.values.size() - 1);
  }

  void round(ValueIndex from, ValueIndex to, const std::string& module) {
    GraphNode node;
    node.op = "fake_quantize";
    node.module = module;
    node.inputs = {from};
    node.outputs = {to};
    result_.graph.nodes.push_back(std::move(node));
  }

  void write(const GraphNode& node) {
    if (node.op == "fake_quantize") throw internal_error("the graph is not folded", node.module);
    if (node.op == "dequantize") {
      result_.reals[node.outputs.at(0)] = real(node.inputs.at(0));
      return;
    }
    if (node.op == "quantize" || node.op == "requantize") {
      round(real(node.inputs.at(0)), node.outputs.at(0), node.module);
      return;
    }
    GraphNode same = node;
    for (ValueIndex& input : same.inputs) input = real(input);
    std::vector<ValueIndex> rounded;
    for (ValueIndex& output : same.outputs) {
      if (!has_grid(output)) continue;
      rounded.push_back(output);
      output = raw(output);
    }
    const std::vector<ValueIndex> outputs = same.outputs;
    result_.graph.nodes.push_back(std::move(same));
    for (size_t i = 0, k = 0; i < outputs.size() && k < rounded.size(); ++i) {
      if (outputs[i] != node.outputs[i]) round(outputs[i], rounded[k++], node.module);
    }
  }

  const Graph& folded_;
  ExactForm result_;
};

}  // namespace

ExactForm exact_form(const Graph& folded) { return ExactWriter(folded).write(); }

}  // namespace vernier::core
