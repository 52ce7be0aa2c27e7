// Comparing and choosing. A truth value is a plain bool: it has no qparams and no Q and DQ.
#include "format.h"
#include "ops.h"

namespace onnx_backend {

using vernier::DType;
using vernier::GraphNode;
using vernier::GraphValue;

namespace {

// Codes are read as what they mean.
DType tensor_dtype(const GraphValue& value) { return value.is_quantized() ? vernier::kFloat32 : value.dtype; }

bool is_real(DType dtype) { return !dtype.is_integer() && dtype != vernier::kBool; }

std::vector<std::string> operands_as(Lowering& l, const GraphNode& node, DType dtype) {
  std::vector<std::string> inputs;
  for (size_t i = 0; i < node.inputs.size(); ++i) inputs.push_back(operand_as(l, node, i, dtype));
  return inputs;
}

// The orders are defined for numbers only.
void lower_order(Lowering& l, const GraphNode& node, const char* type) {
  const DType dtype = common_dtype(l, node);
  l.emit(node, type, operands_as(l, node, dtype == vernier::kBool ? vernier::kInt32 : dtype));
}

void lower_extremum(Lowering& l, const GraphNode& node, const char* type) {
  l.emit(node, type, operands_as(l, node, tensor_dtype(l.result_value(node))));
}

void lower_bools(Lowering& l, const GraphNode& node, const char* type) {
  l.emit(node, type, operands_as(l, node, vernier::kBool));
}

}  // namespace

DType common_dtype(const Lowering& l, const GraphNode& node) {
  DType widest = vernier::kBool;
  for (size_t i = 0; i < node.inputs.size(); ++i) {
    const DType dtype = tensor_dtype(l.operand_value(node, i));
    if (is_real(dtype)) return dtype;
    if (dtype == widest || dtype == vernier::kBool) continue;
    if (widest == vernier::kBool || dtype.bits > widest.bits)
      widest = dtype;
    else if (dtype.bits == widest.bits)
      widest = vernier::kInt16;  // uint8 and int8
  }
  return widest;
}

std::string operand_as(Lowering& l, const GraphNode& node, size_t i, DType dtype) {
  std::string tensor = l.operand(node, i);
  if (tensor_dtype(l.operand_value(node, i)) == dtype) return tensor;
  return l.step(node, "cast", "Cast", {std::move(tensor)}, {{"to", int64_t{data_type(dtype)}}});
}

void lower_maximum(Lowering& l, const GraphNode& node) { lower_extremum(l, node, "Max"); }
void lower_minimum(Lowering& l, const GraphNode& node) { lower_extremum(l, node, "Min"); }
void lower_less(Lowering& l, const GraphNode& node) { lower_order(l, node, "Less"); }
void lower_less_equal(Lowering& l, const GraphNode& node) { lower_order(l, node, "LessOrEqual"); }
void lower_greater(Lowering& l, const GraphNode& node) { lower_order(l, node, "Greater"); }
void lower_greater_equal(Lowering& l, const GraphNode& node) { lower_order(l, node, "GreaterOrEqual"); }

void lower_equal(Lowering& l, const GraphNode& node) {
  l.emit(node, "Equal", operands_as(l, node, common_dtype(l, node)));
}
void lower_not_equal(Lowering& l, const GraphNode& node) {
  l.emit(node, "Not", {l.step(node, "equal", "Equal", operands_as(l, node, common_dtype(l, node)))});
}

void lower_logical_and(Lowering& l, const GraphNode& node) { lower_bools(l, node, "And"); }
void lower_logical_or(Lowering& l, const GraphNode& node) { lower_bools(l, node, "Or"); }
void lower_logical_not(Lowering& l, const GraphNode& node) { lower_bools(l, node, "Not"); }

void lower_where(Lowering& l, const GraphNode& node) {
  const DType dtype = tensor_dtype(l.result_value(node));
  l.emit(
      node, "Where",
      {operand_as(l, node, 0, vernier::kBool), operand_as(l, node, 1, dtype), operand_as(l, node, 2, dtype)});
}

}  // namespace onnx_backend
