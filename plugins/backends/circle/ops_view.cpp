// Views: Circle wants the same qparams on both sides, and shapes, permutations and offsets as int32
// constants.
#include <algorithm>

#include "codes.h"
#include "ops.h"

namespace circle_backend {

using vernier::GraphNode;

namespace {

std::vector<int32_t> to_int32(const std::vector<int64_t>& extents) {
  return {extents.begin(), extents.end()};
}

}  // namespace

void emit_view(Lowering& l, const GraphNode& node, circle::BuiltinOperator code,
               const std::vector<TensorIndex>& inputs, const Options& options) {
  const Element element = l.element(inputs.front());
  l.emit_result(node, element,
                [&](TensorIndex result) { l.builder.add_operator(code, inputs, {result}, options); });
}

void lower_reshape(Lowering& l, const GraphNode& node) {
  // The captured shape: an extent of -1 is already known.
  const std::vector<int32_t> shape = to_int32(l.result_value(node).shape);
  const TensorIndex x = l.operand(node, 0);
  const TensorIndex shape_tensor = l.builder.add_int32(l.beside(node, "shape"), shape);
  const Options options = {circle::BuiltinOptions::ReshapeOptions,
                           [shape](flatbuffers::FlatBufferBuilder& b) {
                             return circle::CreateReshapeOptionsDirect(b, &shape).Union();
                           }};
  emit_view(l, node, circle::BuiltinOperator::RESHAPE, {x, shape_tensor}, options);
}

void lower_permute(Lowering& l, const GraphNode& node) {
  const size_t rank = l.operand_value(node, 0).shape.size();
  std::vector<int32_t> permutation;
  for (int64_t axis : node.integers("axes")) permutation.push_back(axis_of(node, axis, rank));
  const TensorIndex x = l.operand(node, 0);
  const TensorIndex perm = l.builder.add_int32(l.beside(node, "perm"), permutation);
  emit_view(l, node, circle::BuiltinOperator::TRANSPOSE, {x, perm},
            empty_options<circle::TransposeOptionsBuilder>(circle::BuiltinOptions::TransposeOptions));
}

void lower_slice(Lowering& l, const GraphNode& node) {
  const auto& shape = l.operand_value(node, 0).shape;
  const auto axis = static_cast<size_t>(axis_of(node, node.integer("axis"), shape.size()));
  const int64_t extent = shape[axis];
  int64_t first = node.integer("begin");
  first = std::clamp<int64_t>(first < 0 ? first + extent : first, 0, extent);
  std::vector<int32_t> begin(shape.size());
  begin[axis] = static_cast<int32_t>(first);
  const std::vector<int32_t> size = to_int32(l.result_value(node).shape);
  if (size.size() != shape.size() || first + size[axis] > extent)
    Lowering::fail(node, "reaches past the end of axis " + std::to_string(axis));
  const TensorIndex x = l.operand(node, 0);
  const TensorIndex begin_tensor = l.builder.add_int32(l.beside(node, "begin"), begin);
  const TensorIndex size_tensor = l.builder.add_int32(l.beside(node, "size"), size);
  emit_view(l, node, circle::BuiltinOperator::SLICE, {x, begin_tensor, size_tensor},
            empty_options<circle::SliceOptionsBuilder>(circle::BuiltinOptions::SliceOptions));
}

void lower_concat(Lowering& l, const GraphNode& node) {
  const Element element = element_of(l.result_value(node));
  const int32_t axis = axis_of(node, node.integer("axis"), l.result_value(node).shape.size());
  std::vector<TensorIndex> inputs;
  for (size_t i = 0; i < node.inputs.size(); ++i) {
    const TensorIndex input = l.operand(node, i);
    inputs.push_back(element.qparams.is_set() ? l.converted(input, element) : input);
  }
  const Options options = {circle::BuiltinOptions::ConcatenationOptions,
                           [axis](flatbuffers::FlatBufferBuilder& b) {
                             return circle::CreateConcatenationOptions(b, axis).Union();
                           }};
  l.emit_result(node, [&](TensorIndex result) {
    l.builder.add_operator(circle::BuiltinOperator::CONCATENATION, inputs, {result}, options);
  });
}

void lower_quantize(Lowering& l, const GraphNode& node) {
  const TensorIndex x = l.operand(node, 0);
  if (!l.result_value(node).is_quantized()) Lowering::fail(node, "has a result without qparams");
  l.emit_result(node, [&](TensorIndex result) {
    l.builder.add_operator(circle::BuiltinOperator::QUANTIZE, {x}, {result}, quantize_options());
  });
}

void lower_dequantize(Lowering& l, const GraphNode& node) {
  const TensorIndex x = l.operand(
      node, 0,
      l.operand_value(node, 0).is_constant() ? Lowering::Scales::kAny : Lowering::Scales::kPerTensor);
  if (l.result_value(node).is_quantized() || !l.operand_value(node, 0).is_quantized())
    Lowering::fail(node, "does not go from codes to float");
  const Options options =
      empty_options<circle::DequantizeOptionsBuilder>(circle::BuiltinOptions::DequantizeOptions);
  l.emit_result(node, [&](TensorIndex result) {
    l.builder.add_operator(circle::BuiltinOperator::DEQUANTIZE, {x}, {result}, options);
  });
}

}  // namespace circle_backend
