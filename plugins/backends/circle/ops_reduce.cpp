// Many elements to one.
#include <numeric>

#include "codes.h"
#include "ops.h"

namespace circle_backend {

using vernier::GraphNode;

namespace {

// None named: all of them.
TensorIndex reduced_axes(Lowering& l, const GraphNode& node) {
  const size_t rank = l.operand_value(node, 0).shape.size();
  std::vector<int32_t> axes;
  for (int64_t axis : node.integers("axes")) axes.push_back(axis_of(node, axis, rank));
  if (axes.empty()) {
    axes.resize(rank);
    std::iota(axes.begin(), axes.end(), 0);
  }
  return l.builder.add_int32(l.beside(node, "axes"), axes);
}

Options reducer_options(const GraphNode& node) {
  const bool keep_dims = node.integer("keep_dims") != 0;
  return {circle::BuiltinOptions::ReducerOptions, [keep_dims](flatbuffers::FlatBufferBuilder& b) {
            return circle::CreateReducerOptions(b, keep_dims).Union();
          }};
}

// The result has qparams of its own.
void lower_sum_like(Lowering& l, const GraphNode& node, circle::BuiltinOperator code) {
  const TensorIndex x = shared_operand(l, node, 0);
  const TensorIndex axes = reduced_axes(l, node);
  l.emit_result(node, shared_result(l, node), [&](TensorIndex result) {
    l.builder.add_operator(code, {x, axes}, {result}, reducer_options(node));
  });
}

// The result's codes are some of the operand's.
void lower_extreme_element(Lowering& l, const GraphNode& node, circle::BuiltinOperator code) {
  const TensorIndex x = l.operand(node, 0);
  const TensorIndex axes = reduced_axes(l, node);
  const Element element = l.element(x);
  l.emit_result(node, element, [&](TensorIndex result) {
    l.builder.add_operator(code, {x, axes}, {result}, reducer_options(node));
  });
}

}  // namespace

void lower_mean(Lowering& l, const GraphNode& node) {
  lower_sum_like(l, node, circle::BuiltinOperator::MEAN);
}
// LiteRT's reference SUM adds codes and leaves out what they mean.
void lower_sum(Lowering& l, const GraphNode& node) {
  if (!l.is_tflite() || !l.result_value(node).is_quantized())
    return lower_sum_like(l, node, circle::BuiltinOperator::SUM);
  l.emit_in_float(node, [&](const std::vector<TensorIndex>& operands, TensorIndex result) {
    l.builder.add_operator(circle::BuiltinOperator::SUM, {operands[0], reduced_axes(l, node)}, {result},
                           reducer_options(node));
  });
}
void lower_max(Lowering& l, const GraphNode& node) {
  lower_extreme_element(l, node, circle::BuiltinOperator::REDUCE_MAX);
}
void lower_min(Lowering& l, const GraphNode& node) {
  lower_extreme_element(l, node, circle::BuiltinOperator::REDUCE_MIN);
}

// Indices do not depend on qparams, so codes of any are read. LiteRT has no ARG_MAX of 16 bits; reals have
// the order of their codes.
void lower_argmax(Lowering& l, const GraphNode& node) {
  const int32_t axis = axis_of(node, node.integer("axis"), l.operand_value(node, 0).shape.size());
  TensorIndex x = l.operand(node, 0);
  if (l.is_tflite() && l.element(x).dtype.bits == 16) x = l.in_float(x);
  const TensorIndex axis_tensor = l.builder.add_int32_scalar(l.beside(node, "axis"), axis);
  const circle::TensorType type = tensor_type(l.result_value(node).dtype, "the result of argmax");
  const Options options = {circle::BuiltinOptions::ArgMaxOptions, [type](flatbuffers::FlatBufferBuilder& b) {
                             return circle::CreateArgMaxOptions(b, type).Union();
                           }};
  l.emit_result(node, [&](TensorIndex result) {
    l.builder.add_operator(circle::BuiltinOperator::ARG_MAX, {x, axis_tensor}, {result}, options);
  });
}

}  // namespace circle_backend
