// What LiteRT has no exact integer kernel for: DEQUANTIZE, float32, QUANTIZE.
#include <algorithm>
#include <cstring>

#include "codes.h"
#include "ops.h"

namespace circle_backend {

using vernier::GraphNode;
using vernier::GraphValue;

namespace {

Options mul_options() { return empty_options<circle::MulOptionsBuilder>(circle::BuiltinOptions::MulOptions); }

TensorIndex float_constant(Lowering& l, const std::string& name, std::vector<int64_t> shape,
                           const std::vector<float>& values) {
  Data data;
  data.source = Data::Source::kMade;
  data.length = values.size() * sizeof(float);
  data.bytes.resize(static_cast<size_t>(data.length));
  std::memcpy(data.bytes.data(), values.data(), data.bytes.size());
  return l.builder.add({name, std::move(shape), {vernier::kFloat32, {}}}, std::move(data));
}

}  // namespace

void lower_in_float(Lowering& l, const GraphNode& node, circle::BuiltinOperator code,
                    const Options& options) {
  l.emit_in_float(node, [&](const std::vector<TensorIndex>& operands, TensorIndex result) {
    l.builder.add_operator(code, operands, {result}, options);
  });
}

// x * rsqrt(mean(x^2) + eps) * weight
void lower_rms_norm_in_float(Lowering& l, const GraphNode& node) {
  const auto epsilon = static_cast<float>(node.number("eps"));
  const std::vector<int64_t> shape = l.operand_value(node, 0).shape;
  if (shape.empty()) Lowering::fail(node, "wants at least one axis");
  std::vector<int64_t> reduced = shape;
  reduced.back() = 1;
  const auto last = static_cast<int32_t>(shape.size()) - 1;
  l.emit_in_float(node, [&](const std::vector<TensorIndex>& operands, TensorIndex result) {
    const auto step = [&](circle::BuiltinOperator code, std::vector<TensorIndex> inputs, const char* name,
                          const std::vector<int64_t>& extents, const Options& options) {
      const TensorIndex made = l.add_float(node, name, extents);
      l.builder.add_operator(code, std::move(inputs), {made}, options);
      return made;
    };
    const TensorIndex square =
        step(circle::BuiltinOperator::MUL, {operands[0], operands[0]}, "square", shape, mul_options());
    const TensorIndex axes = l.builder.add_int32(l.beside(node, "axes"), {last});
    const Options keep = {circle::BuiltinOptions::ReducerOptions, [](flatbuffers::FlatBufferBuilder& b) {
                            return circle::CreateReducerOptions(b, true).Union();
                          }};
    const TensorIndex mean = step(circle::BuiltinOperator::MEAN, {square, axes}, "mean", reduced, keep);
    const Options add = {
        circle::BuiltinOptions::AddOptions, [](flatbuffers::FlatBufferBuilder& b) {
          return circle::CreateAddOptions(b, circle::ActivationFunctionType::NONE, false).Union();
        }};
    const TensorIndex safe =
        step(circle::BuiltinOperator::ADD, {mean, float_constant(l, l.beside(node, "eps"), {}, {epsilon})},
             "mean_eps", reduced, add);
    const TensorIndex inverse = step(circle::BuiltinOperator::RSQRT, {safe}, "rsqrt", reduced, {});
    const TensorIndex normal =
        step(circle::BuiltinOperator::MUL, {operands[0], inverse}, "normal", shape, mul_options());
    l.builder.add_operator(circle::BuiltinOperator::MUL, {normal, operands[1]}, {result}, mul_options());
  });
}

// GATHER copies codes, so with a scale for each row the rows' scales are gathered as well: (code - zero
// point) * scale in float32. The table stays in codes; a DEQUANTIZE of it would keep all of it in float32.
void lower_embedding_in_float(Lowering& l, const GraphNode& node) {
  const GraphValue& table = l.operand_value(node, 0);
  const auto rows = static_cast<int64_t>(table.scale.size());
  if (table.dtype != vernier::kInt8)
    Lowering::fail(node, "table \"" + std::string(table.name) + "\" has codes of " + table.dtype.name() +
                             " and a scale for each row; TFLite wants 8 bit there");
  const Options gather = {circle::BuiltinOptions::GatherOptions, [](flatbuffers::FlatBufferBuilder& b) {
                            return circle::CreateGatherOptions(b, 0, 0).Union();
                          }};
  const std::vector<int64_t> shape = l.result_value(node).shape;
  std::vector<int64_t> picked_rows = shape;
  picked_rows.back() = 1;
  const TensorIndex picks = l.operand(node, 1);
  const TensorIndex codes = l.codes_only(node.inputs[0]);
  const auto gathered = [&](TensorIndex from, const char* name, const std::vector<int64_t>& extents) {
    const TensorIndex made = l.builder.add({l.beside(node, name), extents, l.element(from)});
    l.builder.add_operator(circle::BuiltinOperator::GATHER, {from, picks}, {made}, gather);
    return made;
  };
  l.emit_result(node, {vernier::kFloat32, {}}, [&](TensorIndex result) {
    const TensorIndex row_codes = gathered(codes, "codes", shape);
    TensorIndex numbers = l.add_float(node, "numbers", shape);
    const Options cast = {
        circle::BuiltinOptions::CastOptions, [](flatbuffers::FlatBufferBuilder& b) {
          return circle::CreateCastOptions(b, circle::TensorType::INT8, circle::TensorType::FLOAT32).Union();
        }};
    l.builder.add_operator(circle::BuiltinOperator::CAST, {row_codes}, {numbers}, cast);
    const bool is_symmetric =
        std::all_of(table.zero_point.begin(), table.zero_point.end(), [](int32_t z) { return z == 0; });
    if (!is_symmetric) {
      const std::vector<float> zero_points(table.zero_point.begin(), table.zero_point.end());
      const TensorIndex zeros =
          gathered(float_constant(l, std::string(table.name) + "/zero_point", {rows, 1}, zero_points),
                   "zero_point", picked_rows);
      const TensorIndex centred = l.add_float(node, "centred", shape);
      const Options sub = {
          circle::BuiltinOptions::SubOptions, [](flatbuffers::FlatBufferBuilder& b) {
            return circle::CreateSubOptions(b, circle::ActivationFunctionType::NONE, false).Union();
          }};
      l.builder.add_operator(circle::BuiltinOperator::SUB, {numbers, zeros}, {centred}, sub);
      numbers = centred;
    }
    const TensorIndex scales = gathered(
        float_constant(l, std::string(table.name) + "/scale", {rows, 1}, table.scale), "scale", picked_rows);
    l.builder.add_operator(circle::BuiltinOperator::MUL, {numbers, scales}, {result}, mul_options());
  });
}

}  // namespace circle_backend
