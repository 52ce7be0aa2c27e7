// How each op of the graph is written; ops_choice.cpp and ops_reduce.cpp have those that compare, choose and
// reduce.
#include "ops.h"

#include <cmath>

namespace onnx_backend {

using vernier::GraphNode;
using vernier::GraphValue;

int64_t axis_of(const Lowering& l, const GraphNode& node, int64_t axis) {
  const auto rank = static_cast<int64_t>(l.operand_value(node, 0).shape.size());
  if (axis < -rank || axis >= rank)
    Lowering::fail(node,
                   "axis " + std::to_string(axis) + " of a value with " + std::to_string(rank) + " axes");
  return axis < 0 ? axis + rank : axis;
}

namespace {

template <const char* type>
void lower_plain(Lowering& l, const GraphNode& node) {
  std::vector<std::string> inputs;
  for (size_t i = 0; i < node.inputs.size(); ++i) inputs.push_back(l.operand(node, i));
  l.emit(node, type, std::move(inputs));
}

constexpr char kMatMul[] = "MatMul", kAdd[] = "Add", kSub[] = "Sub", kMul[] = "Mul", kDiv[] = "Div",
               kNeg[] = "Neg", kSqrt[] = "Sqrt", kSigmoid[] = "Sigmoid", kTanh[] = "Tanh", kRelu[] = "Relu",
               kAbs[] = "Abs", kFloor[] = "Floor", kSoftplus[] = "Softplus";

// The weight is stored as [in, out], so that MatMul reads the constant without a Transpose in between.
void lower_linear(Lowering& l, const GraphNode& node) {
  const GraphValue& weight = l.operand_value(node, 1);
  std::string matrix;
  if (weight.is_constant())
    matrix = l.transposed_operand(node, 1);
  else
    matrix =
        l.step(node, "transposed", "Transpose", {l.operand(node, 1)}, {{"perm", std::vector<int64_t>{1, 0}}});
  if (!l.has_operand(node, 2)) return l.emit(node, "MatMul", {l.operand(node, 0), matrix});
  const std::string product = l.step(node, "product", "MatMul", {l.operand(node, 0), matrix});
  // onnxruntime's optimizer makes MatMul and Add a Gemm and codes a float bias in int32 at scale s_x * s_w,
  // where one that does not fit saturates (onnxruntime#21000). It leaves a Sub alone.
  const std::string negated = l.negated_wide_operand(node, 2);
  if (!negated.empty()) return l.emit(node, "Sub", {product, negated});
  l.emit(node, "Add", {product, l.operand(node, 2)});
}

// Integers have no sine in ONNX: their op is the float one of what they count.
template <const char* type>
void lower_in_reals(Lowering& l, const GraphNode& node) {
  std::vector<std::string> inputs;
  for (size_t i = 0; i < node.inputs.size(); ++i) inputs.push_back(operand_as(l, node, i, vernier::kFloat32));
  l.emit(node, type, std::move(inputs));
}

constexpr char kCos[] = "Cos", kSin[] = "Sin", kExp[] = "Exp", kLog[] = "Log", kErf[] = "Erf", kPow[] = "Pow";

void lower_square(Lowering& l, const GraphNode& node) {
  const std::string x = l.operand(node, 0);
  l.emit(node, "Mul", {x, x});
}

void lower_convert(Lowering& l, const GraphNode& node) { l.convert(node); }

void lower_rsqrt(Lowering& l, const GraphNode& node) {
  l.emit(node, "Reciprocal", {l.step(node, "sqrt", "Sqrt", {l.operand(node, 0)})});
}

void lower_reshape(Lowering& l, const GraphNode& node) {
  l.emit(node, "Reshape",
         {l.operand(node, 0), l.builder.add_int64(l.beside(node, "shape"), l.result_value(node).shape)});
}

void lower_permute(Lowering& l, const GraphNode& node) {
  std::vector<int64_t> axes;
  for (int64_t axis : node.integers("axes")) axes.push_back(axis_of(l, node, axis));
  l.emit(node, "Transpose", {l.operand(node, 0)}, {{"perm", axes}});
}

void lower_slice(Lowering& l, const GraphNode& node) {
  const auto constant = [&](const char* name, int64_t value) {
    return l.builder.add_int64(l.beside(node, name), {value});
  };
  const int64_t axis = axis_of(l, node, node.integer("axis"));
  l.emit(node, "Slice",
         {l.operand(node, 0), constant("begin", node.integer("begin")), constant("end", node.integer("end")),
          constant("axis", axis)});
}

void lower_concat(Lowering& l, const GraphNode& node) {
  std::vector<std::string> inputs;
  for (size_t i = 0; i < node.inputs.size(); ++i) inputs.push_back(l.operand(node, i));
  l.emit(node, "Concat", std::move(inputs), {{"axis", axis_of(l, node, node.integer("axis"))}});
}

void lower_softmax(Lowering& l, const GraphNode& node) {
  l.emit(node, "Softmax", {l.operand(node, 0)}, {{"axis", axis_of(l, node, node.integer("axis"))}});
}

void lower_gelu(Lowering& l, const GraphNode& node) {
  const std::string approximate(node.text("approximate"));
  if (approximate != "none" && approximate != "tanh")
    Lowering::fail(node, "unknown approximation \"" + approximate + "\"; none or tanh");
  l.emit(node, "Gelu", {l.operand(node, 0)}, {{"approximate", approximate}});
}

void lower_silu(Lowering& l, const GraphNode& node) {
  const std::string x = l.operand(node, 0);
  l.emit(node, "Mul", {x, l.step(node, "sigmoid", "Sigmoid", {x})});
}

void lower_clamp(Lowering& l, const GraphNode& node) {
  const double low = node.number("low"), high = node.number("high");
  if (!(low <= high))
    Lowering::fail(node, "has the range " + std::to_string(low) + " to " + std::to_string(high));
  const auto bound = [&](const char* name, double value) {
    return std::isfinite(value) ? l.builder.add_float(l.beside(node, name), {}, {static_cast<float>(value)})
                                : std::string();
  };
  l.emit(node, "Clip", {l.operand(node, 0), bound("low", low), bound("high", high)});
}

// x * (1 / sqrt(mean(x^2) + eps)) * weight
void lower_rms_norm(Lowering& l, const GraphNode& node) {
  const std::string x = l.operand(node, 0);
  const std::string square = l.step(node, "square", "Mul", {x, x});
  const std::string mean =
      l.step(node, "mean", "ReduceMean", {square, l.builder.add_int64(l.beside(node, "axes"), {-1})},
             {{"keepdims", int64_t{1}}});
  const std::string safe = l.step(
      node, "mean_eps", "Add",
      {mean, l.builder.add_float(l.beside(node, "eps"), {}, {static_cast<float>(node.number("eps"))})});
  const std::string inverse = l.step(node, "rsqrt", "Reciprocal", {l.step(node, "sqrt", "Sqrt", {safe})});
  l.emit(node, "Mul", {l.step(node, "normal", "Mul", {x, inverse}), l.operand(node, 1)});
}

void lower_layer_norm(Lowering& l, const GraphNode& node) {
  const auto& shape = l.operand_value(node, 0).shape;
  if (shape.empty()) Lowering::fail(node, "wants at least one axis");
  const std::string scale =
      l.has_operand(node, 1)
          ? l.operand(node, 1)
          : l.builder.add_float(l.beside(node, "ones"), {shape.back()},
                                std::vector<float>(static_cast<size_t>(shape.back()), 1.0f));
  std::vector<std::string> inputs = {l.operand(node, 0), scale};
  if (l.has_operand(node, 2)) inputs.push_back(l.operand(node, 2));
  l.emit(node, "LayerNormalization", std::move(inputs),
         {{"axis", int64_t{-1}}, {"epsilon", static_cast<float>(node.number("eps"))}});
}

// Rows are picked as codes and become float afterwards: a DequantizeLinear of the table would expand all of
// it at each run.
void lower_embedding(Lowering& l, const GraphNode& node) {
  const GraphValue& table = l.operand_value(node, 0);
  const std::string picks = l.operand(node, 1);
  const bool by_row = table.is_constant() && table.is_quantized() && table.axis == 0 &&
                      table.scale.size() > 1 && table.dtype.bits >= 8;
  if (!by_row) return l.emit(node, "Gather", {l.operand(node, 0), picks}, {{"axis", int64_t{0}}});
  const auto column = [&](const char* name, const std::vector<float>& values) {
    const std::string constant = l.builder.add_float(std::string(table.name) + "/" + name,
                                                     {static_cast<int64_t>(values.size()), 1}, values);
    return l.step(node, name, "Gather", {constant, picks}, {{"axis", int64_t{0}}});
  };
  const std::string codes =
      l.step(node, "codes", "Gather", {l.codes_of(node.inputs[0]), picks}, {{"axis", int64_t{0}}});
  std::string numbers = l.step(node, "numbers", "Cast", {codes}, {{"to", int64_t{1}}});
  const std::vector<float> zero_points(table.zero_point.begin(), table.zero_point.end());
  if (zero_points != std::vector<float>(zero_points.size()))
    numbers = l.step(node, "centred", "Sub", {numbers, column("zero_points", zero_points)});
  l.emit(node, "Mul", {numbers, column("scales", table.scale)});
}

struct OpRow {
  std::string_view op;
  LowerNode lower;
};

constexpr OpRow kLowerings[] = {{"linear", lower_linear},
                                {"matmul", lower_plain<kMatMul>},
                                {"add", lower_plain<kAdd>},
                                {"sub", lower_plain<kSub>},
                                {"mul", lower_plain<kMul>},
                                {"div", lower_plain<kDiv>},
                                {"neg", lower_plain<kNeg>},
                                {"rsqrt", lower_rsqrt},
                                {"sqrt", lower_plain<kSqrt>},
                                {"mean", lower_mean},
                                {"reshape", lower_reshape},
                                {"permute", lower_permute},
                                {"slice", lower_slice},
                                {"concat", lower_concat},
                                {"softmax", lower_softmax},
                                {"gelu", lower_gelu},
                                {"silu", lower_silu},
                                {"sigmoid", lower_plain<kSigmoid>},
                                {"tanh", lower_plain<kTanh>},
                                {"relu", lower_plain<kRelu>},
                                {"clamp", lower_clamp},
                                {"rms_norm", lower_rms_norm},
                                {"layer_norm", lower_layer_norm},
                                {"embedding", lower_embedding},
                                {"cos", lower_in_reals<kCos>},
                                {"sin", lower_in_reals<kSin>},
                                {"exp", lower_in_reals<kExp>},
                                {"log", lower_in_reals<kLog>},
                                {"erf", lower_in_reals<kErf>},
                                {"pow", lower_in_reals<kPow>},
                                {"softplus", lower_plain<kSoftplus>},
                                {"floor", lower_plain<kFloor>},
                                {"abs", lower_plain<kAbs>},
                                {"square", lower_square},
                                {"maximum", lower_maximum},
                                {"minimum", lower_minimum},
                                {"equal", lower_equal},
                                {"not_equal", lower_not_equal},
                                {"less", lower_less},
                                {"less_equal", lower_less_equal},
                                {"greater", lower_greater},
                                {"greater_equal", lower_greater_equal},
                                {"logical_and", lower_logical_and},
                                {"logical_or", lower_logical_or},
                                {"logical_not", lower_logical_not},
                                {"where", lower_where},
                                {"sum", lower_sum},
                                {"max", lower_max},
                                {"min", lower_min},
                                {"argmax", lower_argmax},
                                {"cumsum", lower_cumsum},
                                {"expand", lower_expand},
                                {"pad", lower_pad},
                                {"gather", lower_gather},
                                {"strided_slice", lower_strided_slice},
                                {"one_hot", lower_one_hot},
                                {"range", lower_range},
                                {"dynamic_update_slice", lower_dynamic_update_slice},
                                {"scatter_rows", lower_scatter_rows},
                                {"split", lower_split},
                                {"topk", lower_topk},
                                {"cast", lower_cast},
                                {"floor_div", lower_floor_div},
                                {"remainder", lower_remainder},
                                {"conv1d", lower_conv},
                                {"conv2d", lower_conv},
                                {"conv3d", lower_conv},
                                {"conv_transpose2d", lower_conv_transpose},
                                {"max_pool2d", lower_max_pool},
                                {"avg_pool2d", lower_avg_pool},
                                {"resize_bilinear", lower_resize},
                                {"quantize", lower_convert},
                                {"requantize", lower_convert},
                                {"dequantize", lower_convert}};

}  // namespace

LowerNode find_lowering(std::string_view op) {
  for (const OpRow& row : kLowerings) {
    if (row.op == op) return row.lower;
  }
  return nullptr;
}

}  // namespace onnx_backend
