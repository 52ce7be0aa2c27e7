// Options tables and operand counts.
#include <fmt/format.h>

#include "circle/check/checked_model.h"
#include "circle/check/operator_rules.h"

namespace vernier::core {

namespace {

using O = circle::BuiltinOperator;
using T = circle::BuiltinOptions;

constexpr OperatorRule kOperatorRules[] = {{O::ADD, T::AddOptions, 2, 2, 1},
                                           {O::SUB, T::SubOptions, 2, 2, 1},
                                           {O::MUL, T::MulOptions, 2, 2, 1},
                                           {O::DIV, T::DivOptions, 2, 2, 1},
                                           {O::MINIMUM, T::MaximumMinimumOptions, 2, 2, 1},
                                           {O::MAXIMUM, T::MaximumMinimumOptions, 2, 2, 1},
                                           {O::FULLY_CONNECTED, T::FullyConnectedOptions, 3, 3, 1, 4},
                                           {O::CONV_2D, T::Conv2DOptions, 3, 3, 1},
                                           {O::DEPTHWISE_CONV_2D, T::DepthwiseConv2DOptions, 3, 3, 1},
                                           {O::CONV_3D, T::Conv3DOptions, 2, 3, 1},
                                           {O::TRANSPOSE_CONV, T::TransposeConvOptions, 3, 4, 1},
                                           {O::BATCH_MATMUL, T::BatchMatMulOptions, 2, 2, 1},
                                           {O::RMS_NORM, T::RmsNormOptions, 2, 2, 1},
                                           {O::SOFTMAX, T::SoftmaxOptions, 1, 1, 1},
                                           {O::LOGISTIC, T::NONE, 1, 1, 1},
                                           {O::TANH, T::NONE, 1, 1, 1},
                                           {O::RELU, T::NONE, 1, 1, 1},
                                           {O::RELU6, T::NONE, 1, 1, 1},
                                           {O::RSQRT, T::NONE, 1, 1, 1},
                                           {O::SQRT, T::NONE, 1, 1, 1},
                                           {O::SIN, T::NONE, 1, 1, 1},
                                           {O::NEG, T::NegOptions, 1, 1, 1},
                                           {O::GELU, T::GeluOptions, 1, 1, 1},
                                           {O::QUANTIZE, T::QuantizeOptions, 1, 1, 1},
                                           {O::DEQUANTIZE, T::DequantizeOptions, 1, 1, 1},
                                           {O::RESHAPE, T::ReshapeOptions, 1, 2, 1},
                                           {O::TRANSPOSE, T::TransposeOptions, 2, 2, 1},
                                           {O::GATHER, T::GatherOptions, 2, 2, 1},
                                           {O::CONCATENATION, T::ConcatenationOptions, 1, 255, 1},
                                           {O::SLICE, T::SliceOptions, 3, 3, 1},
                                           {O::STRIDED_SLICE, T::StridedSliceOptions, 4, 4, 1},
                                           {O::MEAN, T::ReducerOptions, 2, 2, 1},
                                           {O::SUM, T::ReducerOptions, 2, 2, 1},
                                           {O::REDUCE_MAX, T::ReducerOptions, 2, 2, 1},
                                           {O::REDUCE_MIN, T::ReducerOptions, 2, 2, 1},
                                           {O::ARG_MAX, T::ArgMaxOptions, 2, 2, 1},
                                           {O::CUMSUM, T::CumsumOptions, 2, 2, 1},
                                           {O::EQUAL, T::EqualOptions, 2, 2, 1},
                                           {O::NOT_EQUAL, T::NotEqualOptions, 2, 2, 1},
                                           {O::LESS, T::LessOptions, 2, 2, 1},
                                           {O::LESS_EQUAL, T::LessEqualOptions, 2, 2, 1},
                                           {O::GREATER, T::GreaterOptions, 2, 2, 1},
                                           {O::GREATER_EQUAL, T::GreaterEqualOptions, 2, 2, 1},
                                           {O::LOGICAL_AND, T::LogicalAndOptions, 2, 2, 1},
                                           {O::LOGICAL_OR, T::LogicalOrOptions, 2, 2, 1},
                                           {O::LOGICAL_NOT, T::LogicalNotOptions, 1, 1, 1},
                                           {O::ABS, T::AbsOptions, 1, 1, 1},
                                           {O::LOG, T::NONE, 1, 1, 1},
                                           {O::FLOOR, T::NONE, 1, 1, 1},
                                           {O::SQUARE, T::SquareOptions, 1, 1, 1},
                                           {O::POW, T::PowOptions, 2, 2, 1},
                                           {O::EXP, T::ExpOptions, 1, 1, 1},
                                           {O::COS, T::CosOptions, 1, 1, 1},
                                           {O::CAST, T::CastOptions, 1, 1, 1},
                                           {O::SELECT_V2, T::SelectV2Options, 3, 3, 1},
                                           {O::SCATTER_ND, T::ScatterNdOptions, 3, 3, 1},
                                           {O::PAD, T::PadOptions, 2, 2, 1},
                                           {O::AVERAGE_POOL_2D, T::Pool2DOptions, 1, 1, 1},
                                           {O::MAX_POOL_2D, T::Pool2DOptions, 1, 1, 1},
                                           {O::SQUARED_DIFFERENCE, T::SquaredDifferenceOptions, 2, 2, 1}};

}  // namespace

const OperatorRule* find_operator_rule(circle::BuiltinOperator code) {
  for (const OperatorRule& rule : kOperatorRules) {
    if (rule.code == code) return &rule;
  }
  return nullptr;
}

namespace {

void check_options(CheckedModel& model, const CheckedSubgraph& subgraph, size_t index,
                   const OperatorRule& rule) {
  const CheckedOperator& op = subgraph.operators[index];
  const auto present = op.table->builtin_options_type();
  const std::string where = operator_name(subgraph, index);
  if (present != rule.options) {
    // Writers leave out a table without fields, or one that is all defaults.
    if (present == circle::BuiltinOptions::NONE)
      model.warning(
          "options", where,
          fmt::format("has no options table; {} is its own", circle::EnumNameBuiltinOptions(rule.options)));
    else
      model.error("options", where,
                  fmt::format("has {}, its own are {}", circle::EnumNameBuiltinOptions(present),
                              circle::EnumNameBuiltinOptions(rule.options)));
    return;
  }
  if (present != circle::BuiltinOptions::NONE && op.table->builtin_options() == nullptr)
    return model.error("options", where, "names an options table that is not there");
  if (const auto* options = op.table->builtin_options_as_FullyConnectedOptions()) {
    if (options->weights_format() != circle::FullyConnectedOptionsWeightsFormat::DEFAULT)
      model.error("option-value", where, "weights_format is not DEFAULT");
  }
  if (const auto* options = op.table->builtin_options_as_RmsNormOptions()) {
    if (!(options->epsilon() > 0))
      model.error("option-value", where,
                  fmt::format("epsilon is {}; runtimes read 0 as 1e-6", options->epsilon()));
  }
  if (const auto* options = op.table->builtin_options_as_SoftmaxOptions()) {
    if (!(options->beta() > 0))
      model.error("option-value", where, fmt::format("beta is {}", options->beta()));
  }
  if (const auto* options = op.table->builtin_options_as_Pool2DOptions()) {
    if (options->filter_width() <= 0 || options->filter_height() <= 0 || options->stride_w() <= 0 ||
        options->stride_h() <= 0)
      model.error("option-value", where, "has a filter or stride that is not above 0");
  }
}

}  // namespace

void check_operators(CheckedModel& model) {
  for (const CheckedSubgraph& subgraph : model.subgraphs) {
    for (size_t i = 0; i < subgraph.operators.size(); ++i) {
      model.control->check();
      const CheckedOperator& op = subgraph.operators[i];
      const std::string where = operator_name(subgraph, i);
      if (static_cast<int32_t>(op.code) < 0 && model.is_tflite)
        model.error("circle-operator", where, "is an operator of Circle only");
      const OperatorRule* rule = find_operator_rule(op.code);
      if (rule == nullptr) continue;
      check_options(model, subgraph, i, *rule);
      // TFLite lets the bias of FULLY_CONNECTED be left out altogether.
      const uint8_t least =
          model.is_tflite && op.code == circle::BuiltinOperator::FULLY_CONNECTED ? uint8_t{2} : rule->least;
      if (op.inputs.size() < least || op.inputs.size() > rule->most)
        model.error("operand-count", where, fmt::format("has {} operands", op.inputs.size()));
      if (op.outputs.size() != rule->results)
        model.error("result-count", where, fmt::format("has {} results", op.outputs.size()));
      for (size_t k = 0; k < op.inputs.size(); ++k) {
        if (op.inputs[k] < 0 && (k >= 32 || (rule->optional >> k & 1) == 0))
          model.error("absent-operand", where, fmt::format("operand {} is absent", k));
      }
    }
  }
}

}  // namespace vernier::core
