// Arithmetic: the operands and the result may have any qparams, but one code type.
#include "codes.h"
#include "ops.h"

namespace circle_backend {

using vernier::DType;
using vernier::GraphNode;
using vernier::GraphValue;

int32_t axis_of(const GraphNode& node, int64_t axis, size_t rank) {
  const auto signed_rank = static_cast<int64_t>(rank);
  if (axis < -signed_rank || axis >= signed_rank)
    Lowering::fail(node,
                   "axis " + std::to_string(axis) + " of a value with " + std::to_string(rank) + " axes");
  return static_cast<int32_t>(axis < 0 ? axis + signed_rank : axis);
}

DType shared_dtype(const Lowering& l, const GraphNode& node) {
  const GraphValue& result = l.result_value(node);
  std::vector<DType> dtypes;
  for (size_t i = 0; i < node.inputs.size(); ++i) dtypes.push_back(l.operand_value(node, i).dtype);
  dtypes.push_back(result.dtype);
  if (result.is_quantized()) return common_dtype(dtypes);
  for (DType dtype : dtypes) {
    if (dtype != result.dtype)
      Lowering::fail(node,
                     "mixes " + dtype.name() + " and " + result.dtype.name() + "; Circle wants one type");
  }
  return result.dtype;
}

TensorIndex shared_operand(Lowering& l, const GraphNode& node, size_t i) {
  const DType dtype = shared_dtype(l, node);
  const TensorIndex tensor = l.operand(node, i);
  const Element present = l.element(tensor);
  return present.qparams.is_set() ? l.converted(tensor, as_dtype(present, dtype)) : tensor;
}

Element shared_result(const Lowering& l, const GraphNode& node) {
  const Element element = element_of(l.result_value(node));
  return element.qparams.is_set() ? as_dtype(element, shared_dtype(l, node)) : element;
}

void lower_elementwise(Lowering& l, const GraphNode& node, circle::BuiltinOperator code,
                       const Options& options) {
  std::vector<TensorIndex> inputs;
  for (size_t i = 0; i < node.inputs.size(); ++i) inputs.push_back(shared_operand(l, node, i));
  l.emit_result(node, shared_result(l, node),
                [&](TensorIndex result) { l.builder.add_operator(code, inputs, {result}, options); });
}

namespace {

// pot_scale_int16 is true by default and would change how 16-bit codes are added.
template <typename Function>
Options with_activation(circle::BuiltinOptions member, Function create) {
  return {member, [create](flatbuffers::FlatBufferBuilder& b) { return create(b).Union(); }};
}

// LiteRT's integer kernels for these are missing or coarse.
void lower_where_exact(Lowering& l, const GraphNode& node, circle::BuiltinOperator code,
                       const Options& options) {
  if (l.is_tflite())
    lower_in_float(l, node, code, options);
  else
    lower_elementwise(l, node, code, options);
}

}  // namespace

void lower_add(Lowering& l, const GraphNode& node) {
  const auto create = [](auto& b) {
    return circle::CreateAddOptions(b, circle::ActivationFunctionType::NONE, false);
  };
  lower_elementwise(l, node, circle::BuiltinOperator::ADD,
                    with_activation(circle::BuiltinOptions::AddOptions, create));
}

void lower_sub(Lowering& l, const GraphNode& node) {
  const auto create = [](auto& b) {
    return circle::CreateSubOptions(b, circle::ActivationFunctionType::NONE, false);
  };
  lower_elementwise(l, node, circle::BuiltinOperator::SUB,
                    with_activation(circle::BuiltinOptions::SubOptions, create));
}

void lower_mul(Lowering& l, const GraphNode& node) {
  lower_elementwise(l, node, circle::BuiltinOperator::MUL,
                    empty_options<circle::MulOptionsBuilder>(circle::BuiltinOptions::MulOptions));
}

void lower_div(Lowering& l, const GraphNode& node) {
  lower_where_exact(l, node, circle::BuiltinOperator::DIV,
                    empty_options<circle::DivOptionsBuilder>(circle::BuiltinOptions::DivOptions));
}

void lower_neg(Lowering& l, const GraphNode& node) {
  lower_where_exact(l, node, circle::BuiltinOperator::NEG,
                    empty_options<circle::NegOptionsBuilder>(circle::BuiltinOptions::NegOptions));
}

void lower_rsqrt(Lowering& l, const GraphNode& node) {
  lower_where_exact(l, node, circle::BuiltinOperator::RSQRT, {});
}
void lower_sqrt(Lowering& l, const GraphNode& node) {
  lower_where_exact(l, node, circle::BuiltinOperator::SQRT, {});
}

void lower_abs(Lowering& l, const GraphNode& node) {
  lower_elementwise(l, node, circle::BuiltinOperator::ABS,
                    empty_options<circle::AbsOptionsBuilder>(circle::BuiltinOptions::AbsOptions));
}

// As a product, which has integer kernels; SQUARE is a float operator.
void lower_square(Lowering& l, const GraphNode& node) {
  const TensorIndex x = shared_operand(l, node, 0);
  const Options mul = empty_options<circle::MulOptionsBuilder>(circle::BuiltinOptions::MulOptions);
  l.emit_result(node, shared_result(l, node), [&](TensorIndex result) {
    l.builder.add_operator(circle::BuiltinOperator::MUL, {x, x}, {result}, mul);
  });
}

}  // namespace circle_backend
