// Conversions between numbers, and division that keeps to whole ones.
#include "codes.h"
#include "ops.h"

namespace circle_backend {

using vernier::GraphNode;

// Codes are read as what they mean; a real is cut off towards 0.
void lower_cast(Lowering& l, const GraphNode& node) {
  if (l.result_value(node).is_quantized()) return lower_quantize(l, node);
  const TensorIndex x = l.in_float(l.operand(node, 0));
  const circle::TensorType from = tensor_type(l.element(x).dtype, "the operand of cast");
  const circle::TensorType to = tensor_type(l.result_value(node).dtype, "the result of cast");
  const Options options = {circle::BuiltinOptions::CastOptions,
                           [from, to](flatbuffers::FlatBufferBuilder& b) {
                             return circle::CreateCastOptions(b, from, to).Union();
                           }};
  l.emit_result(node, [&](TensorIndex result) {
    l.builder.add_operator(circle::BuiltinOperator::CAST, {x}, {result}, options);
  });
}

namespace {

// No runtime has them for codes.
void lower_whole(Lowering& l, const GraphNode& node, circle::BuiltinOperator code, const Options& options) {
  if (l.result_value(node).is_quantized() || !l.result_value(node).dtype.is_integer())
    return lower_in_float(l, node, code, options);
  lower_elementwise(l, node, code, options);
}

}  // namespace

void lower_floor_div(Lowering& l, const GraphNode& node) {
  lower_whole(l, node, circle::BuiltinOperator::FLOOR_DIV,
              empty_options<circle::FloorDivOptionsBuilder>(circle::BuiltinOptions::FloorDivOptions));
}
void lower_remainder(Lowering& l, const GraphNode& node) {
  lower_whole(l, node, circle::BuiltinOperator::FLOOR_MOD,
              empty_options<circle::FloorModOptionsBuilder>(circle::BuiltinOptions::FloorModOptions));
}

}  // namespace circle_backend
