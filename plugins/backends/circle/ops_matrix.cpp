// Operators with weights.
#include "codes.h"
#include "ops.h"

namespace circle_backend {

using vernier::DType;
using vernier::GraphNode;
using vernier::GraphValue;

namespace {

void check_scale_axis(const GraphNode& node, const GraphValue& weight, int64_t wanted) {
  if (weight.scale.size() <= 1 || weight.axis == wanted) return;
  const std::string axis = std::to_string(wanted);
  Lowering::fail(node, "\"" + std::string(weight.name) + "\" has its scales on axis " +
                           std::to_string(weight.axis) + "; Circle wants them on axis " + axis +
                           (wanted == 0 ? ""
                                        : ": set \"axis\": " + axis +
                                              " for it in the recipe, or "
                                              "\"granularity\": \"tensor\""));
}

// LiteRT's integer kernels have weights of int8 or int4 with zero point 0 only.
void check_tflite_weight(const Lowering& l, const GraphNode& node, const GraphValue& weight) {
  if (!l.is_tflite() || !weight.is_quantized()) return;
  std::string name = "weight \"";
  name.append(weight.name).append("\" ");
  const std::string hint =
      "; TFLite wants symmetric int8 or int4 there: set \"dtype\": \"int8\" for weights in the recipe";
  if (weight.dtype != vernier::kInt8 && weight.dtype != vernier::kInt4)
    Lowering::fail(node, name + "has codes of " + weight.dtype.name() + hint);
  for (int32_t zero_point : weight.zero_point) {
    if (zero_point != 0) Lowering::fail(node, name.append("is asymmetric").append(hint));
  }
}

// Codes under a float input: LiteRT has kernels for them (hybrid, dynamic range); those of Circle's runtimes
// and compilers differ in what they take, and none takes a scale for each channel there.
void check_weight_only(const Lowering& l, const GraphNode& node, const GraphValue& weight) {
  if (!weight.is_quantized() || l.operand_value(node, 0).is_quantized() || l.is_tflite()) return;
  Lowering::fail(node, "weight \"" + std::string(weight.name) + "\" has codes of " + weight.dtype.name() +
                           " and its input is float; Circle's consumers want both quantized: quantize act_in "
                           "and act_out of this module, or leave its weight in float (observer "
                           "\"identity\"), or export to tflite, onnx or compressed_tensors");
}

// Weights of 16 bits go with activations of 16 bits.
void check_wide_weight(const Lowering& l, const GraphNode& node, const GraphValue& weight) {
  const GraphValue& x = l.operand_value(node, 0);
  if (!weight.is_quantized() || weight.dtype.bits != 16 || x.dtype.bits == 16) return;
  Lowering::fail(node,
                 "weight \"" + std::string(weight.name) + "\" has codes of " + weight.dtype.name() +
                     " and its input " + x.dtype.name() +
                     "; Circle's consumers have 8 or 4 bits there: set \"dtype\": \"uint8\" for weights "
                     "in the recipe");
}

// scale[i] = float32(input scale * weight scale[i]), zero point 0: what ONE's checks recompute.
void check_bias(const GraphNode& node, const GraphValue& x, const GraphValue& weight,
                const GraphValue& bias) {
  const std::string name = "bias \"" + std::string(bias.name) + "\" ";
  const DType wanted = x.dtype.bits == 16 ? vernier::kInt64 : vernier::kInt32;
  if (bias.dtype != wanted)
    Lowering::fail(node, name + "is " + bias.dtype.name() + "; with an input of " + x.dtype.name() +
                             " Circle wants " + wanted.name());
  if (bias.scale.size() != weight.scale.size()) {
    Lowering::fail(node, name + "has " + std::to_string(bias.scale.size()) + " scales and the weight " +
                             std::to_string(weight.scale.size()) + "; Circle wants as many");
  }
  for (size_t i = 0; i < bias.scale.size(); ++i) {
    const float product = x.scale[0] * weight.scale[i];
    if (bias.scale[i] == product && bias.zero_point[i] == 0) continue;
    Lowering::fail(node, name + "has scale " + std::to_string(bias.scale[i]) + " and zero point " +
                             std::to_string(bias.zero_point[i]) + " at " + std::to_string(i) +
                             "; Circle wants input scale * weight scale = " + std::to_string(product) +
                             " and 0");
  }
}

// The bias of an input that was widened to int16: the same reals at 1/128 of the scale, in int64.
TensorIndex widened_bias(Lowering& l, TensorIndex bias) {
  const Tensor narrow = l.builder.tensor(bias);
  std::vector<int64_t> codes = unpack(l.constant_bytes(bias), narrow.element.dtype);
  for (int64_t& code : codes) code *= 128;
  Element element = {vernier::kInt64, narrow.element.qparams};
  for (float& scale : element.qparams.scale) scale /= 128.0f;
  return l.builder.add({narrow.name + "/int64", narrow.shape, element}, made(codes, vernier::kInt64));
}

}  // namespace

TensorIndex lower_bias(Lowering& l, const GraphNode& node, bool is_widened) {
  if (!l.has_operand(node, 2)) return kNoTensor;
  const GraphValue& bias = l.operand_value(node, 2);
  if (!bias.is_constant())
    Lowering::fail(node, "bias \"" + std::string(bias.name) +
                             "\" is computed; ONE wants a constant: add it with an add instead");
  if (!l.result_value(node).is_quantized()) return l.operand(node, 2);
  check_bias(node, l.operand_value(node, 0), l.operand_value(node, 1), bias);
  const TensorIndex tensor = l.operand(node, 2, Lowering::Scales::kAny);
  return is_widened ? widened_bias(l, tensor) : tensor;
}

void check_weight(const Lowering& l, const GraphNode& node) {
  const GraphValue& weight = l.operand_value(node, 1);
  if (!weight.is_constant())
    Lowering::fail(node, "weight \"" + std::string(weight.name) + "\" is computed; Circle wants a constant");
  check_scale_axis(node, weight, node.op == "conv_transpose2d" ? 1 : 0);
  check_tflite_weight(l, node, weight);
  check_weight_only(l, node, weight);
  check_wide_weight(l, node, weight);
}

void lower_linear(Lowering& l, const GraphNode& node) {
  const GraphValue& x = l.operand_value(node, 0);
  const GraphValue& weight = l.operand_value(node, 1);
  const GraphValue& result = l.result_value(node);
  if (!weight.is_constant() || weight.shape.size() != 2)
    Lowering::fail(node, "weight \"" + std::string(weight.name) +
                             "\" is no constant matrix; use matmul for computed ones");
  check_weight(l, node);
  const DType dtype = result.is_quantized() ? common_dtype({x.dtype, result.dtype}) : x.dtype;
  TensorIndex input = l.operand(node, 0);
  const Element present = l.element(input);
  if (present.qparams.is_set()) input = l.converted(input, as_dtype(present, dtype));
  const TensorIndex weights = l.operand(node, 1, Lowering::Scales::kAny);
  const TensorIndex bias = lower_bias(l, node, dtype.bits == 16 && x.dtype.bits != 16);
  const Element wanted = element_of(result);
  const Options options = {
      circle::BuiltinOptions::FullyConnectedOptions, [](flatbuffers::FlatBufferBuilder& b) {
        return circle::CreateFullyConnectedOptions(b, circle::ActivationFunctionType::NONE,
                                                   circle::FullyConnectedOptionsWeightsFormat::DEFAULT, true)
            .Union();
      }};
  l.emit_result(node, wanted.qparams.is_set() ? as_dtype(wanted, dtype) : wanted, [&](TensorIndex output) {
    l.builder.add_operator(circle::BuiltinOperator::FULLY_CONNECTED, {input, weights, bias}, {output},
                           options);
  });
}

void lower_matmul(Lowering& l, const GraphNode& node) {
  for (size_t i = 0; i < node.inputs.size(); ++i) {
    if (l.operand_value(node, i).shape.size() < 2)
      Lowering::fail(node, "operand " + std::to_string(i) + " has fewer than two axes; reshape it");
  }
  lower_elementwise(
      l, node, circle::BuiltinOperator::BATCH_MATMUL,
      empty_options<circle::BatchMatMulOptionsBuilder>(circle::BuiltinOptions::BatchMatMulOptions));
}

void lower_rms_norm(Lowering& l, const GraphNode& node) {
  const GraphValue& gamma = l.operand_value(node, 1);
  if (gamma.shape.size() != 1)
    Lowering::fail(node, "weight \"" + std::string(gamma.name) + "\" is no vector");
  const auto epsilon = static_cast<float>(node.number("eps"));
  if (!(epsilon > 0))
    Lowering::fail(node, "eps is " + std::to_string(node.number("eps")) +
                             "; Circle wants it above 0, since runtimes read 0 as 1e-6");
  if (l.is_tflite()) return lower_rms_norm_in_float(l, node);
  const GraphValue& x = l.operand_value(node, 0);
  const GraphValue& result = l.result_value(node);
  const DType dtype = result.is_quantized() ? common_dtype({x.dtype, result.dtype}) : x.dtype;
  TensorIndex input = l.operand(node, 0);
  const Element present = l.element(input);
  if (present.qparams.is_set()) input = l.converted(input, as_dtype(present, dtype));
  const TensorIndex weight = l.operand(node, 1, Lowering::Scales::kAny);
  const Element wanted = element_of(result);
  const Options options = {circle::BuiltinOptions::RmsNormOptions,
                           [epsilon](flatbuffers::FlatBufferBuilder& b) {
                             return circle::CreateRmsNormOptions(b, epsilon).Union();
                           }};
  l.emit_result(node, wanted.qparams.is_set() ? as_dtype(wanted, dtype) : wanted, [&](TensorIndex output) {
    l.builder.add_operator(circle::BuiltinOperator::RMS_NORM, {input, weight}, {output}, options);
  });
}

// A table with one scale a row has no single code type for its result, so GATHER reads the row's scale and
// writes the result's, as TICO does; with one scale for all it copies codes, and the result keeps them.
void lower_embedding(Lowering& l, const GraphNode& node) {
  const GraphValue& table = l.operand_value(node, 0);
  const GraphValue& indices = l.operand_value(node, 1);
  check_scale_axis(node, table, 0);
  if (indices.dtype != vernier::kInt32 && indices.dtype != vernier::kInt64)
    Lowering::fail(node, "indices are " + indices.dtype.name() + "; Circle wants int32 or int64");
  if (l.is_tflite() && table.scale.size() > 1) return lower_embedding_in_float(l, node);
  const TensorIndex rows = l.operand(node, 0, Lowering::Scales::kAny);
  const TensorIndex picks = l.operand(node, 1);
  const Options options = {circle::BuiltinOptions::GatherOptions, [](flatbuffers::FlatBufferBuilder& b) {
                             return circle::CreateGatherOptions(b, 0, 0).Union();
                           }};
  const Element wanted = table.scale.size() > 1 ? element_of(l.result_value(node)) : l.element(rows);
  l.emit_result(node, wanted, [&](TensorIndex result) {
    l.builder.add_operator(circle::BuiltinOperator::GATHER, {rows, picks}, {result}, options);
  });
}

}  // namespace circle_backend
