// What is computed in float32 between DEQUANTIZE and QUANTIZE, in Circle as in TFLite: integer kernels are
// missing, or look the result up in a coarse table.
#include "codes.h"
#include "ops.h"

namespace circle_backend {

using vernier::GraphNode;
using vernier::GraphValue;

namespace {

// The operators take reals; an op of integers is one of the reals that they count.
void check_reals(const Lowering& l, const GraphNode& node) {
  for (size_t i = 0; i < node.inputs.size(); ++i) {
    const GraphValue& value = l.operand_value(node, i);
    if (value.is_quantized() || value.dtype == vernier::kFloat32) continue;
    Lowering::fail(node, "\"" + std::string(value.name) + "\" is " + value.dtype.name() +
                             "; Circle's operator takes float32: give it real numbers");
  }
}

void lower_reals(Lowering& l, const GraphNode& node, circle::BuiltinOperator code, const Options& options) {
  check_reals(l, node);
  lower_in_float(l, node, code, options);
}

}  // namespace

void lower_cos(Lowering& l, const GraphNode& node) {
  lower_reals(l, node, circle::BuiltinOperator::COS,
              empty_options<circle::CosOptionsBuilder>(circle::BuiltinOptions::CosOptions));
}
void lower_sin(Lowering& l, const GraphNode& node) { lower_reals(l, node, circle::BuiltinOperator::SIN, {}); }
void lower_exp(Lowering& l, const GraphNode& node) {
  lower_reals(l, node, circle::BuiltinOperator::EXP,
              empty_options<circle::ExpOptionsBuilder>(circle::BuiltinOptions::ExpOptions));
}
void lower_log(Lowering& l, const GraphNode& node) { lower_reals(l, node, circle::BuiltinOperator::LOG, {}); }
void lower_floor(Lowering& l, const GraphNode& node) {
  lower_reals(l, node, circle::BuiltinOperator::FLOOR, {});
}
void lower_pow(Lowering& l, const GraphNode& node) {
  lower_reals(l, node, circle::BuiltinOperator::POW,
              empty_options<circle::PowOptionsBuilder>(circle::BuiltinOptions::PowOptions));
}

void lower_cumsum(Lowering& l, const GraphNode& node) {
  check_reals(l, node);
  const int32_t axis = axis_of(node, node.integer("axis"), l.operand_value(node, 0).shape.size());
  l.emit_in_float(node, [&](const std::vector<TensorIndex>& operands, TensorIndex result) {
    const TensorIndex axis_tensor = l.builder.add_int32_scalar(l.beside(node, "axis"), axis);
    const Options options = {circle::BuiltinOptions::CumsumOptions, [](flatbuffers::FlatBufferBuilder& b) {
                               return circle::CreateCumsumOptions(b, false, false).Union();
                             }};
    l.builder.add_operator(circle::BuiltinOperator::CUMSUM, {operands[0], axis_tensor}, {result}, options);
  });
}

}  // namespace circle_backend
