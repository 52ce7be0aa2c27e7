// Ops with several results.
#include <algorithm>

#include "codes.h"
#include "ops.h"

namespace circle_backend {

using vernier::GraphNode;

// Codes are copied: each piece has the operand's qparams.
void lower_split(Lowering& l, const GraphNode& node) {
  const int32_t axis = axis_of(node, node.integer("axis"), l.operand_value(node, 0).shape.size());
  std::vector<int32_t> sizes;
  for (int64_t size : node.integers("sizes")) sizes.push_back(static_cast<int32_t>(size));
  const TensorIndex x = l.operand(node, 0);
  const auto count = static_cast<int32_t>(sizes.size());
  const bool is_even =
      std::all_of(sizes.begin(), sizes.end(), [&](int32_t size) { return size == sizes[0]; });
  const TensorIndex axis_tensor = l.builder.add_int32_scalar(l.beside(node, "axis"), axis);
  const TensorIndex extents = is_even ? kNoTensor : l.builder.add_int32(l.beside(node, "sizes"), sizes);
  l.emit_results(node, std::vector<Element>(sizes.size(), l.element(x)),
                 [&](const std::vector<TensorIndex>& results) {
                   if (is_even) {
                     l.builder.add_operator(
                         circle::BuiltinOperator::SPLIT, {axis_tensor, x}, results,
                         {circle::BuiltinOptions::SplitOptions, [count](flatbuffers::FlatBufferBuilder& b) {
                            return circle::CreateSplitOptions(b, count).Union();
                          }});
                   } else {
                     l.builder.add_operator(
                         circle::BuiltinOperator::SPLIT_V, {x, extents, axis_tensor}, results,
                         {circle::BuiltinOptions::SplitVOptions, [count](flatbuffers::FlatBufferBuilder& b) {
                            return circle::CreateSplitVOptions(b, count).Union();
                          }});
                   }
                 });
}

// On the last axis, with places of int32.
void lower_topk(Lowering& l, const GraphNode& node) {
  const size_t rank = l.operand_value(node, 0).shape.size();
  if (axis_of(node, node.integer("axis"), rank) + 1 != static_cast<int32_t>(rank))
    Lowering::fail(node, "Circle has it on the last axis only; permute before and after");
  const TensorIndex x = l.operand(node, 0);
  const TensorIndex k =
      l.builder.add_int32_scalar(l.beside(node, "k"), static_cast<int32_t>(node.integer("k")));
  const TensorIndex places =
      l.builder.add({l.beside(node, "places"), l.result_value(node).shape, {vernier::kInt32, {}}});
  const Options cast = {
      circle::BuiltinOptions::CastOptions, [](flatbuffers::FlatBufferBuilder& b) {
        return circle::CreateCastOptions(b, circle::TensorType::INT32, circle::TensorType::INT64).Union();
      }};
  l.emit_results(node, {l.element(x), {vernier::kInt64, {}}}, [&](const std::vector<TensorIndex>& results) {
    l.builder.add_operator(
        circle::BuiltinOperator::TOPK_V2, {x, k}, {results[0], places},
        empty_options<circle::TopKV2OptionsBuilder>(circle::BuiltinOptions::TopKV2Options));
    l.builder.add_operator(circle::BuiltinOperator::CAST, {places}, {results[1]}, cast);
  });
}

}  // namespace circle_backend
