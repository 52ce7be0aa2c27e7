// What one consumer of the file wants besides the format: ONE's circle-quantizer, LiteRT, an NPU with int16
// activations.
#include <fmt/format.h>

#include <algorithm>

#include "circle/check/checked_model.h"

namespace vernier::core {

namespace {

using Op = circle::BuiltinOperator;
using Type = circle::TensorType;

bool is_weighted(Op code) {
  return code == Op::FULLY_CONNECTED || code == Op::CONV_2D || code == Op::DEPTHWISE_CONV_2D;
}

// Each node of one type: u8 or s16, weights of the same type.
void check_luci(CheckedModel& model) {
  if (model.is_tflite) model.error("profile-luci", "the file", "is TFLite; ONE reads Circle");
  for (const CheckedSubgraph& subgraph : model.subgraphs) {
    for (size_t i = 0; i < subgraph.operators.size(); ++i) {
      model.control->check();
      const CheckedOperator& op = subgraph.operators[i];
      const std::string where = operator_name(subgraph, i);
      const CheckedTensor* y = subgraph.output(op);
      if (y == nullptr || !y->is_quantized() || op.code == Op::QUANTIZE) continue;
      if (y->type != Type::UINT8 && y->type != Type::INT16)
        model.error("profile-luci", where,
                    fmt::format("its result is {}; ONE verifies UINT8 and INT16", type_name(y->type)));
      const CheckedTensor* weight = is_weighted(op.code) ? subgraph.input(op, 1) : nullptr;
      if (weight != nullptr && weight->type != y->type)
        model.error("profile-luci", where,
                    fmt::format("its weight is {} and its result {}; ONE wants one type",
                                type_name(weight->type), type_name(y->type)));
      if (weight != nullptr && !weight->has_data)
        model.error("profile-luci", where, "its weight is no constant");
      if (op.code != Op::FULLY_CONNECTED && weight != nullptr && subgraph.input(op, 2) == nullptr)
        model.error("profile-luci", where, "has no bias");
    }
  }
}

void check_tflite_weights(CheckedModel& model, const std::string& where, const CheckedTensor& x,
                          const CheckedTensor& weight) {
  const auto refuse = [&](const std::string& what) { model.error("profile-tflite", where, what); };
  if (!x.is_quantized()) return;
  if (x.type == Type::UINT8 && (weight.type != Type::UINT8 || weight.scale.size() > 1))
    refuse("with UINT8 operands LiteRT takes UINT8 weights with one scale only");
  if (x.type == Type::INT8 && weight.type != Type::INT8 && weight.type != Type::INT4)
    refuse(
        fmt::format("with INT8 operands LiteRT takes INT8 or INT4 weights, not {}", type_name(weight.type)));
  if (x.type == Type::INT16 && weight.type != Type::INT8 && weight.type != Type::INT4 &&
      weight.type != Type::INT16)
    refuse(fmt::format("with INT16 operands LiteRT takes signed weights, not {}", type_name(weight.type)));
  if (weight.type == Type::INT8 &&
      std::any_of(weight.zero_point.begin(), weight.zero_point.end(), [](int64_t z) { return z != 0; }))
    refuse("its INT8 weight has a zero point other than 0");
}

void check_tflite(CheckedModel& model) {
  if (!model.is_tflite)
    model.error("profile-tflite", "the file", "has the identifier CIR0; LiteRT reads TFL3 with version 3");
  for (const CheckedSubgraph& subgraph : model.subgraphs) {
    for (size_t i = 0; i < subgraph.tensors.size(); ++i) {
      model.control->check();
      if (static_cast<int>(subgraph.tensors[i].type) < 0)
        model.error("profile-tflite", tensor_name(subgraph, static_cast<int32_t>(i)),
                    type_name(subgraph.tensors[i].type) + " is a type of Circle only");
    }
    for (size_t i = 0; i < subgraph.operators.size(); ++i) {
      model.control->check();
      const CheckedOperator& op = subgraph.operators[i];
      const std::string where = operator_name(subgraph, i);
      if (static_cast<int32_t>(op.code) < 0)
        model.error("profile-tflite", where, "LiteRT has no such operator");
      const CheckedTensor* x = subgraph.input(op, 0);
      const CheckedTensor* weight = is_weighted(op.code) ? subgraph.input(op, 1) : nullptr;
      if (x != nullptr && weight != nullptr) check_tflite_weights(model, where, *x, *weight);
      if (x != nullptr && op.code == Op::GATHER && x->scale.size() > 1)
        model.error("profile-tflite", where, "LiteRT's GATHER copies codes: its table must have one scale");
      const CheckedTensor* y = subgraph.output(op);
      if (op.code == Op::QUANTIZE && x != nullptr && y != nullptr && x->type == Type::INT16 &&
          y->type == Type::UINT8)
        model.error("profile-tflite", where, "LiteRT has no QUANTIZE from INT16 to UINT8");
    }
  }
}

// int16 activations, uint8 or uint4 weights, int64 biases.
void check_npu(CheckedModel& model) {
  for (const CheckedSubgraph& subgraph : model.subgraphs) {
    for (size_t i = 0; i < subgraph.operators.size(); ++i) {
      model.control->check();
      const CheckedOperator& op = subgraph.operators[i];
      const std::string where = operator_name(subgraph, i);
      const CheckedTensor* y = subgraph.output(op);
      if (y != nullptr && y->is_quantized() && y->type != Type::INT16)
        model.error("profile-npu", where,
                    fmt::format("its result is {}; activations are INT16", type_name(y->type)));
      const CheckedTensor* weight = is_weighted(op.code) ? subgraph.input(op, 1) : nullptr;
      if (weight != nullptr && weight->is_quantized() && weight->type != Type::UINT8 &&
          weight->type != Type::UINT4)
        model.error("profile-npu", where,
                    fmt::format("its weight is {}; UINT8 or UINT4 is wanted", type_name(weight->type)));
    }
  }
}

}  // namespace

void check_profile(CheckedModel& model) {
  if (model.profile == "luci") check_luci(model);
  if (model.profile == "tflite") check_tflite(model);
  if (model.profile == "npu") check_npu(model);
}

}  // namespace vernier::core
