// Many elements to one, or each by those before it.
#include "ops.h"

namespace onnx_backend {

using vernier::GraphNode;

namespace {

// Axes are an operand since opset 18 (ReduceSum: 13); without it all of them are reduced.
void lower_reduction(Lowering& l, const GraphNode& node, const char* type) {
  std::vector<int64_t> axes;
  for (int64_t axis : node.integers("axes")) axes.push_back(axis_of(l, node, axis));
  std::vector<std::string> inputs = {l.operand(node, 0)};
  if (!axes.empty()) inputs.push_back(l.builder.add_int64(l.beside(node, "axes"), axes));
  l.emit(node, type, std::move(inputs), {{"keepdims", int64_t{node.integer("keep_dims") != 0}}});
}

}  // namespace

void lower_mean(Lowering& l, const GraphNode& node) { lower_reduction(l, node, "ReduceMean"); }
void lower_sum(Lowering& l, const GraphNode& node) { lower_reduction(l, node, "ReduceSum"); }
void lower_max(Lowering& l, const GraphNode& node) { lower_reduction(l, node, "ReduceMax"); }
void lower_min(Lowering& l, const GraphNode& node) { lower_reduction(l, node, "ReduceMin"); }

void lower_argmax(Lowering& l, const GraphNode& node) {
  l.emit(node, "ArgMax", {l.operand(node, 0)},
         {{"axis", axis_of(l, node, node.integer("axis"))}, {"keepdims", int64_t{0}}});
}

void lower_cumsum(Lowering& l, const GraphNode& node) {
  const std::string axis =
      l.builder.add_int64_scalar(l.beside(node, "axis"), axis_of(l, node, node.integer("axis")));
  l.emit(node, "CumSum", {l.operand(node, 0), axis});
}

}  // namespace onnx_backend
