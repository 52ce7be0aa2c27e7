#include "onnx/value_types.h"

#include <algorithm>
#include <map>
#include <string_view>

namespace vernier::core {

namespace {

constexpr int32_t kUInt8 = 2, kInt32 = 6, kInt64 = 7, kBool = 9;

// From the schemas of ONNX 1.23 (https://onnx.ai/onnx/operators/): operators whose first result has the type
// of their first operand. What stands in neither table stays unknown.
constexpr std::string_view kSameAsFirst[] = {  // sorted
    "Abs",
    "Acos",
    "Acosh",
    "Add",
    "AffineGrid",
    "Asin",
    "Asinh",
    "Atan",
    "Atanh",
    "Attention",
    "AveragePool",
    "BatchNormalization",
    "BitShift",
    "BitwiseAnd",
    "BitwiseNot",
    "BitwiseOr",
    "BitwiseXor",
    "CausalConvWithState",
    "Ceil",
    "Celu",
    "CenterCropPad",
    "Clip",
    "Col2Im",
    "Compress",
    "Concat",
    "Conv",
    "ConvTranspose",
    "Cos",
    "Cosh",
    "CumProd",
    "CumSum",
    "DFT",
    "DeformConv",
    "DepthToSpace",
    "Det",
    "Div",
    "Dropout",
    "Einsum",
    "Elu",
    "Erf",
    "Exp",
    "Expand",
    "Flatten",
    "Floor",
    "GRU",
    "Gather",
    "GatherElements",
    "GatherND",
    "Gelu",
    "Gemm",
    "GlobalAveragePool",
    "GlobalLpPool",
    "GlobalMaxPool",
    "GridSample",
    "GroupNormalization",
    "HardSigmoid",
    "HardSwish",
    "Hardmax",
    "Identity",
    "InstanceNormalization",
    "LRN",
    "LSTM",
    "LayerNormalization",
    "LeakyRelu",
    "LinearAttention",
    "Log",
    "LogSoftmax",
    "LpNormalization",
    "LpPool",
    "MatMul",
    "Max",
    "MaxPool",
    "MaxRoiPool",
    "MaxUnpool",
    "Mean",
    "MeanVarianceNormalization",
    "Min",
    "Mish",
    "Mod",
    "Mul",
    "Neg",
    "NegativeLogLikelihoodLoss",
    "Not",
    "PRelu",
    "Pad",
    "Pow",
    "RNN",
    "Range",
    "Reciprocal",
    "ReduceL1",
    "ReduceL2",
    "ReduceLogSum",
    "ReduceLogSumExp",
    "ReduceMax",
    "ReduceMean",
    "ReduceMin",
    "ReduceProd",
    "ReduceSum",
    "ReduceSumSquare",
    "Relu",
    "Reshape",
    "Resize",
    "ReverseSequence",
    "RoiAlign",
    "RotaryEmbedding",
    "Round",
    "STFT",
    "ScatterElements",
    "ScatterND",
    "Selu",
    "Shrink",
    "Sigmoid",
    "Sign",
    "Sin",
    "Sinh",
    "Slice",
    "Softmax",
    "SoftmaxCrossEntropyLoss",
    "Softplus",
    "Softsign",
    "SpaceToDepth",
    "Split",
    "Sqrt",
    "Squeeze",
    "StringConcat",
    "StringNormalizer",
    "Sub",
    "Sum",
    "SwiGLU",
    "Swish",
    "Tan",
    "Tanh",
    "TensorScatter",
    "ThresholdedRelu",
    "Tile",
    "TopK",
    "Transpose",
    "Trilu",
    "Unique",
    "Unsqueeze"};

static_assert(std::ranges::is_sorted(kSameAsFirst));

struct Rule {
  int operand = 0;   // whose type the first result has
  int32_t type = 0;  // instead: always this one
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
                                                          {"IsNaN", {0, kBool}},
                                                          {"IsInf", {0, kBool}},
                                                          {"ArgMax", {0, kInt64}},
                                                          {"ArgMin", {0, kInt64}},
                                                          {"Shape", {0, kInt64}},
                                                          {"Size", {0, kInt64}},
                                                          {"NonZero", {0, kInt64}},
                                                          {"NonMaxSuppression", {0, kInt64}},
                                                          {"MatMulInteger", {0, kInt32}},
                                                          {"ConvInteger", {0, kInt32}},
                                                          {"DynamicQuantizeLinear", {0, kUInt8}},
                                                          {"CastLike", {1, 0}},
                                                          {"RMSNormalization", {1, 0}},
                                                          {"Where", {1, 0}},
                                                          {"DequantizeLinear", {1, 0}},
                                                          {"OneHot", {2, 0}},
                                                          {"QLinearConv", {7, 0}},
                                                          {"QLinearMatMul", {7, 0}}};
  return kRules;
}

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
  if (std::ranges::binary_search(kSameAsFirst, std::string_view(node.op))) return type_at(model, node, 0);
  const auto rule = rules().find(node.op);
  if (rule == rules().end()) return 0;
  return rule->second.type != 0 ? rule->second.type
                                : type_at(model, node, static_cast<size_t>(rule->second.operand));
}

}  // namespace

void infer_types(OnnxModel& model, const RunControl& control) {
  for (const OnnxNode& node : model.nodes) {
    control.check();
    // Of other domains op has the domain in front, and is in no table.
    for (size_t i = 0; i < node.outputs.size(); ++i) {
      if (node.outputs[i].empty()) continue;
      OnnxValue& value = model.values[node.outputs[i]];
      if (value.type == 0) value.type = type_of_result(model, node, i);
    }
  }
}

}  // namespace vernier::core
