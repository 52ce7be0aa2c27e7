#include "graph/work.h"

#include <nlohmann/json.hpp>

#include "graph/views.h"

namespace vernier::core {

namespace {

bool is_float(const GraphValue& value) { return !value.qparams && value.dtype == kFloat32; }

bool is_conversion(const GraphNode& node) {
  return node.op == "quantize" || node.op == "dequantize" || node.op == "requantize";
}

// A bias may stay float in an op on codes, so constants say nothing where the result has codes.
bool computes_in_float(const Graph& graph, const GraphNode& node) {
  if (is_conversion(node)) return false;
  for (ValueIndex output : node.outputs) {
    if (is_float(graph.values[output])) return true;
  }
  for (ValueIndex input : node.inputs) {
    if (input == kNoValue || graph.values[input].kind == ValueKind::kConstant) continue;
    if (is_float(graph.values[input])) return true;
  }
  return false;
}

uint64_t elements_of(const Graph& graph, ValueIndex value) {
  return static_cast<uint64_t>(element_count(graph.values[value].shape));
}

uint64_t operations_of(const Graph& graph, const GraphNode& node) {
  if (is_view(node)) return 0;
  uint64_t elements = 0;
  for (ValueIndex output : node.outputs) elements += elements_of(graph, output);
  if (node.op == "embedding") return 0;
  // A weight's first axis is what conv gives, and what conv_transpose2d takes: each element there meets the
  // rest of the weight once.
  if (node.op.starts_with("conv")) {
    const bool is_transposed = node.op == "conv_transpose2d";
    const auto channels = static_cast<uint64_t>(graph.values[node.inputs[1]].shape[0]);
    return 2 * (is_transposed ? elements_of(graph, node.inputs[0]) : elements) *
           (elements_of(graph, node.inputs[1]) / channels);
  }
  if (node.op != "linear" && node.op != "matmul") return elements;
  const Shape& x = graph.values[node.inputs[0]].shape;
  return 2 * elements * static_cast<uint64_t>(x.empty() ? 1 : x.back());
}

std::vector<std::string> floats_of(const Graph& graph, const std::vector<ValueIndex>& values) {
  std::vector<std::string> names;
  for (ValueIndex value : values) {
    if (is_float(graph.values[value])) names.push_back(graph.values[value].name);
  }
  return names;
}

}  // namespace

Work work_of(const Graph& graph) {
  Work work;
  for (const GraphNode& node : graph.nodes) {
    ++work.ops[node.op];
    work.operations += operations_of(graph, node);
    if (computes_in_float(graph, node))
      work.float_ops.push_back({node.op, node.module, graph.values[node.outputs[0]].name});
  }
  work.float_inputs = floats_of(graph, graph.inputs);
  work.float_outputs = floats_of(graph, graph.outputs);
  for (const GraphValue& value : graph.values) work.constant_bytes += value.constant_bytes;
  return work;
}

nlohmann::json to_json(const Work& work) {
  nlohmann::json float_ops = nlohmann::json::array();
  for (const Work::FloatOp& one : work.float_ops)
    float_ops.push_back({{"op", one.op}, {"module", one.module}, {"output", one.output}});
  return {{"ops", work.ops},
          {"float_ops", float_ops},
          {"float_inputs", work.float_inputs},
          {"float_outputs", work.float_outputs},
          {"operations", work.operations},
          {"constant_bytes", work.constant_bytes}};
}

}  // namespace vernier::core
