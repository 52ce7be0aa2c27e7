// Choosing and comparing. A truth value is a plain bool: BOOL without qparams.
#include "codes.h"
#include "ops.h"

namespace circle_backend {

using vernier::GraphNode;
using vernier::GraphValue;

namespace {

using Op = circle::BuiltinOperator;
using Member = circle::BuiltinOptions;

std::vector<TensorIndex> as_result(Lowering& l, const GraphNode& node, size_t first) {
  std::vector<TensorIndex> tensors;
  for (size_t i = first; i < node.inputs.size(); ++i) tensors.push_back(operand_as_result(l, node, i));
  return tensors;
}

void lower_extremum(Lowering& l, const GraphNode& node, Op code) {
  const std::vector<TensorIndex> operands = as_result(l, node, 0);
  l.emit_result(node, [&](TensorIndex result) {
    l.builder.add_operator(
        code, operands, {result},
        empty_options<circle::MaximumMinimumOptionsBuilder>(Member::MaximumMinimumOptions));
  });
}

void check_one_type(const Lowering& l, const GraphNode& node) {
  const GraphValue &a = l.operand_value(node, 0), &b = l.operand_value(node, 1);
  if (a.is_quantized() == b.is_quantized() && (a.is_quantized() || a.dtype == b.dtype)) return;
  Lowering::fail(node, "compares " + a.dtype.name() + (a.is_quantized() ? " codes" : "") + " with " +
                           b.dtype.name() + (b.is_quantized() ? " codes" : "") +
                           "; Circle wants one type: give the module's operands one dtype");
}

// Codes are compared as what they mean. LiteRT compares those of unequal qparams on a common coarser grid (8
// bits) or as they stand (16 bits), so there such operands are compared in float32.
void lower_comparison(Lowering& l, const GraphNode& node, Op code, const Options& options) {
  check_one_type(l, node);
  TensorIndex a = l.operand(node, 0), b = l.operand(node, 1);
  if (l.element(a).qparams.is_set()) {
    if (l.is_tflite() && l.element(a) != l.element(b)) {
      a = l.in_float(a);
      b = l.in_float(b);
    } else {
      const vernier::DType dtype = common_dtype({l.element(a).dtype, l.element(b).dtype});
      a = l.converted(a, as_dtype(l.element(a), dtype));
      b = l.converted(b, as_dtype(l.element(b), dtype));
    }
  }
  l.emit_result(node, [&](TensorIndex result) { l.builder.add_operator(code, {a, b}, {result}, options); });
}

template <typename Builder>
void lower_bools(Lowering& l, const GraphNode& node, Op code, Member member) {
  std::vector<TensorIndex> operands;
  for (size_t i = 0; i < node.inputs.size(); ++i) operands.push_back(l.operand(node, i));
  l.emit_result(node, [&](TensorIndex result) {
    l.builder.add_operator(code, operands, {result}, empty_options<Builder>(member));
  });
}

}  // namespace

TensorIndex operand_as_result(Lowering& l, const GraphNode& node, size_t i) {
  const Element wanted = element_of(l.result_value(node));
  const TensorIndex tensor = l.operand(node, i);
  const Element& present = l.element(tensor);
  const bool is_coded = wanted.qparams.is_set();
  if (present.qparams.is_set() != is_coded || (!is_coded && present.dtype != wanted.dtype))
    Lowering::fail(node, "takes \"" + std::string(l.operand_value(node, i).name) + "\" (" +
                             present.dtype.name() + (is_coded ? " without qparams" : "") + ") to " +
                             wanted.dtype.name() +
                             "; Circle wants one type: give the module's operands one dtype");
  return is_coded ? l.converted(tensor, wanted) : tensor;
}

void lower_maximum(Lowering& l, const GraphNode& node) { lower_extremum(l, node, Op::MAXIMUM); }
void lower_minimum(Lowering& l, const GraphNode& node) { lower_extremum(l, node, Op::MINIMUM); }

void lower_where(Lowering& l, const GraphNode& node) {
  const TensorIndex condition = l.operand(node, 0);
  const std::vector<TensorIndex> choices = as_result(l, node, 1);
  l.emit_result(node, [&](TensorIndex result) {
    l.builder.add_operator(Op::SELECT_V2, {condition, choices[0], choices[1]}, {result},
                           empty_options<circle::SelectV2OptionsBuilder>(Member::SelectV2Options));
  });
}

void lower_equal(Lowering& l, const GraphNode& node) {
  lower_comparison(l, node, Op::EQUAL, empty_options<circle::EqualOptionsBuilder>(Member::EqualOptions));
}
void lower_not_equal(Lowering& l, const GraphNode& node) {
  lower_comparison(l, node, Op::NOT_EQUAL,
                   empty_options<circle::NotEqualOptionsBuilder>(Member::NotEqualOptions));
}
void lower_less(Lowering& l, const GraphNode& node) {
  lower_comparison(l, node, Op::LESS, empty_options<circle::LessOptionsBuilder>(Member::LessOptions));
}
void lower_less_equal(Lowering& l, const GraphNode& node) {
  lower_comparison(l, node, Op::LESS_EQUAL,
                   empty_options<circle::LessEqualOptionsBuilder>(Member::LessEqualOptions));
}
void lower_greater(Lowering& l, const GraphNode& node) {
  lower_comparison(l, node, Op::GREATER,
                   empty_options<circle::GreaterOptionsBuilder>(Member::GreaterOptions));
}
void lower_greater_equal(Lowering& l, const GraphNode& node) {
  lower_comparison(l, node, Op::GREATER_EQUAL,
                   empty_options<circle::GreaterEqualOptionsBuilder>(Member::GreaterEqualOptions));
}

void lower_logical_and(Lowering& l, const GraphNode& node) {
  lower_bools<circle::LogicalAndOptionsBuilder>(l, node, Op::LOGICAL_AND, Member::LogicalAndOptions);
}
void lower_logical_or(Lowering& l, const GraphNode& node) {
  lower_bools<circle::LogicalOrOptionsBuilder>(l, node, Op::LOGICAL_OR, Member::LogicalOrOptions);
}
void lower_logical_not(Lowering& l, const GraphNode& node) {
  lower_bools<circle::LogicalNotOptionsBuilder>(l, node, Op::LOGICAL_NOT, Member::LogicalNotOptions);
}

}  // namespace circle_backend
