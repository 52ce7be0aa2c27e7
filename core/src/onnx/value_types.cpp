#include "onnx/value_types.h"

#include <algorithm>
#include <iterator>
#include <map>
#include <string_view>

namespace vernier::core {

namespace {

constexpr int32_t kUInt8 = 2, kInt32 = 6, kInt64 = 7, kBool = 9;

// From ONNX's operator schemas (https://onnx.ai/onnx/operators/): the operand whose type the result has, or
// its type. Those that are missing give what their operand 0 has, where the file uses no other domain.
struct Rule {
  int operand = 0;
  int32_t type = 0;  // instead
};

const std::map<std::string_view, Rule>& rules() {
  static const std::map<std::string_view, Rule> kRules = {{"Equal", {0, kBool}},
                                                          {"Less", {0, kBool}},
                                                          {"LessOrEqual", {0, kBool}},
                                                          {"Greater", {0, kBool}},
                                                          {"GreaterOrEqual", {0, kBool}},
                                                          {"And", {0, kBool}},
                                                          {"Or", {0, kBool}},
                                                          {"Xor", {0, kBool}},
                                                          {"Not", {0, kBool}},
                                                          {"IsNaN", {0, kBool}},
                                                          {"IsInf", {0, kBool}},
                                                          {"ArgMax", {0, kInt64}},
                                                          {"ArgMin", {0, kInt64}},
                                                          {"Shape", {0, kInt64}},
                                                          {"Size", {0, kInt64}},
                                                          {"NonZero", {0, kInt64}},
                                                          {"Where", {1, 0}},
                                                          {"OneHot", {2, 0}},
                                                          {"CastLike", {1, 0}},
                                                          {"MatMulInteger", {0, kInt32}},
                                                          {"ConvInteger", {0, kInt32}},
                                                          {"QLinearMatMul", {7, 0}},
                                                          {"QLinearConv", {7, 0}},
                                                          {"DequantizeLinear", {1, 0}}};
  return kRules;
}

// Results of another type than their operand 0, or of none that follows from a type.
constexpr std::string_view kUnknown[] = {"ConstantOfShape",
                                         "RandomNormal",
                                         "RandomUniform",
                                         "EyeLike",
                                         "Multinomial",
                                         "Bernoulli",
                                         "SequenceAt",
                                         "If",
                                         "Loop",
                                         "Scan",
                                         "Optional",
                                         "OptionalGetElement",
                                         "StringSplit",
                                         "SequenceEmpty",
                                         "ImageDecoder",
                                         "DFT",
                                         "BlackmanWindow",
                                         "HannWindow",
                                         "HammingWindow",
                                         "MelWeightMatrix"};

int32_t type_at(const OnnxModel& model, const OnnxNode& node, size_t input) {
  if (input >= node.inputs.size()) return 0;
  const auto found = model.values.find(node.inputs[input]);
  return found == model.values.end() ? 0 : found->second.type;
}

int32_t type_of_result(const OnnxModel& model, const OnnxNode& node, size_t output) {
  if (node.op == "Cast") return static_cast<int32_t>(node.to.value_or(0));
  if (node.op == "Constant") return node.constant_type;
  if (node.op == "QuantizeLinear") {
    if (node.inputs.size() > 2 && !node.inputs[2].empty()) return type_at(model, node, 2);
    const int64_t wanted = node.output_dtype.value_or(0);
    return wanted == 0 ? kUInt8 : static_cast<int32_t>(wanted);
  }
  if (node.op == "DequantizeLinear" && node.output_dtype.value_or(0) != 0)
    return static_cast<int32_t>(*node.output_dtype);
  if (node.op == "TopK" && output == 1) return kInt64;
  // Further results are masks, indices, statistics.
  if (output > 0 && node.op != "Split") return 0;
  const auto rule = rules().find(node.op);
  if (rule == rules().end()) return type_at(model, node, 0);
  return rule->second.type != 0 ? rule->second.type
                                : type_at(model, node, static_cast<size_t>(rule->second.operand));
}

}  // namespace

void infer_types(OnnxModel& model, const RunControl& control) {
  for (const OnnxNode& node : model.nodes) {
    control.check();
    const bool is_known = node.domain.empty() && !node.has_graph &&
                          std::find(std::begin(kUnknown), std::end(kUnknown), node.op) == std::end(kUnknown);
    for (size_t i = 0; i < node.outputs.size() && is_known; ++i) {
      if (node.outputs[i].empty()) continue;
      OnnxValue& value = model.values[node.outputs[i]];
      if (value.type == 0) value.type = type_of_result(model, node, i);
    }
  }
}

}  // namespace vernier::core
