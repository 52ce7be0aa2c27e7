// Quantization records: what each may say, and what operators want of those around them.
#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <cstring>
#include <limits>

#include "circle/check/checked_model.h"

namespace vernier::core {

namespace {

using Op = circle::BuiltinOperator;
using Type = circle::TensorType;

struct Range {
  int64_t low = 0, high = 0;
};

// Codes of a quantized type; empty where the type holds none.
Range codes_of(Type type) {
  switch (type) {
    case Type::UINT8:
      return {0, 255};
    case Type::INT8:
      return {-128, 127};
    case Type::UINT4:
      return {0, 15};
    case Type::INT4:
      return {-8, 7};
    case Type::INT16:
      return {-32768, 32767};
    case Type::UINT16:
      return {0, 65535};
    case Type::INT32:
      return {std::numeric_limits<int32_t>::min(), std::numeric_limits<int32_t>::max()};
    case Type::INT64:
      return {std::numeric_limits<int64_t>::min(), std::numeric_limits<int64_t>::max()};
    default:
      return {};
  }
}

bool is_symmetric(Type type) {
  return type == Type::INT16 || type == Type::INT32 || type == Type::INT64 || type == Type::INT4;
}

void check_record(CheckedModel& model, const CheckedSubgraph& subgraph, int32_t index) {
  const CheckedTensor& tensor = subgraph.tensors[static_cast<size_t>(index)];
  const std::string where = tensor_name(subgraph, index);
  const auto* table = tensor.table->quantization();
  if (table == nullptr) return;
  // A min/max record without scales is what calibration leaves; with scales it must be as long as these.
  for (const auto* list : {table->min(), table->max()}) {
    if (list != nullptr && list->size() != 0 && !tensor.scale.empty() &&
        list->size() != tensor.scale.size()) {
      model.warning("min-max", where,
                    fmt::format("has {} range values and {} scales", list->size(), tensor.scale.size()));
      break;
    }
  }
  if (!tensor.has_record) return;
  const Range codes = codes_of(tensor.type);
  if (codes.high == 0) {
    // TICO leaves such records on the float results of DEQUANTIZE; readers pass them over.
    if (tensor.type == Type::FLOAT32)
      model.warning("record-type", where, "is FLOAT32 and has a quantization record");
    else
      model.error("record-type", where,
                  fmt::format("is {} and has a quantization record", type_name(tensor.type)));
    return;
  }
  if (tensor.scale.size() != tensor.zero_point.size())
    return model.error(
        "scale-count", where,
        fmt::format("has {} scales and {} zero points", tensor.scale.size(), tensor.zero_point.size()));
  if (tensor.scale.size() > 1) {
    const bool has_axis = tensor.axis >= 0 && static_cast<size_t>(tensor.axis) < tensor.shape.size();
    if (!has_axis)
      return model.error("axis", where,
                         fmt::format("has its scales on axis {} of {}", tensor.axis, tensor.shape.size()));
    if (static_cast<size_t>(tensor.shape[static_cast<size_t>(tensor.axis)]) != tensor.scale.size()) {
      return model.error("scale-count", where,
                         fmt::format("has {} scales for {} channels", tensor.scale.size(),
                                     tensor.shape[static_cast<size_t>(tensor.axis)]));
    }
  } else if (tensor.axis != 0) {
    model.warning("axis", where, fmt::format("has one scale and names axis {}", tensor.axis));
  }
  for (size_t i = 0; i < tensor.scale.size(); ++i) {
    const float scale = tensor.scale[i];
    if (!std::isfinite(scale) || scale <= 0)
      return model.error("scale", where, fmt::format("scale {} is {}", i, scale));
    if (scale < std::numeric_limits<float>::min())
      model.warning("scale", where, fmt::format("scale {} is denormal: {}", i, scale));
    const int64_t zero = tensor.zero_point[i];
    if (zero < codes.low || zero > codes.high)
      return model.error("zero-point", where,
                         fmt::format("zero point {} is {}, no {} code", i, zero, type_name(tensor.type)));
    if (is_symmetric(tensor.type) && zero != 0)
      return model.error("zero-point", where,
                         fmt::format("zero point {} is {}; {} wants 0", i, zero, type_name(tensor.type)));
  }
  if (tensor.scale.size() > 1 && !tensor.has_data)
    model.error("per-channel-activation", where, "is no constant and has a scale for each channel");
}

bool same_qparams(const CheckedTensor& a, const CheckedTensor& b) {
  return a.scale == b.scale && a.zero_point == b.zero_point;
}

// One pass over an operator's neighbourhood.
class OperatorRecords {
 public:
  OperatorRecords(CheckedModel& model, const CheckedSubgraph& subgraph, size_t index)
      : model_(model),
        subgraph_(subgraph),
        op_(subgraph.operators[index]),
        where_(operator_name(subgraph, index)) {}

  void check() {
    switch (op_.code) {
      case Op::FULLY_CONNECTED:
      case Op::CONV_2D:
        return weighted(0, 2, 0);
      case Op::DEPTHWISE_CONV_2D:
        return weighted(0, 2, 3);
      case Op::TRANSPOSE_CONV:
        return weighted(2, 3, 0);
      case Op::RESHAPE:
      case Op::TRANSPOSE:
      case Op::SLICE:
      case Op::STRIDED_SLICE:
      case Op::PAD:
      case Op::REDUCE_MAX:
      case Op::REDUCE_MIN:
        return keeps({0});
      case Op::GATHER: {
        const CheckedTensor* table = subgraph_.input(op_, 0);
        if (table != nullptr && table->scale.size() <= 1) keeps({0});
        return;
      }
      case Op::CONCATENATION:
        return keeps(all());
      case Op::MINIMUM:
      case Op::MAXIMUM:
        return keeps({0, 1});
      case Op::SELECT_V2:
        return keeps({1, 2});
      case Op::AVERAGE_POOL_2D:
      case Op::MAX_POOL_2D:
        return keeps({0});
      case Op::ADD:
      case Op::SUB:
        return pot_scale();
      case Op::LOGISTIC:
      case Op::TANH:
      case Op::SOFTMAX:
        return fixed();
      default:
        return;
    }
  }

 private:
  [[nodiscard]] std::vector<size_t> all() const {
    std::vector<size_t> result(op_.inputs.size());
    for (size_t i = 0; i < result.size(); ++i) result[i] = i;
    return result;
  }

  void keeps(const std::vector<size_t>& operands) {
    const CheckedTensor* y = subgraph_.output(op_);
    for (size_t i : operands) {
      const CheckedTensor* x = subgraph_.input(op_, i);
      if (x == nullptr || y == nullptr) continue;
      if (x->is_quantized() != y->is_quantized())
        model_.error("same-qparams", where_,
                     fmt::format("operand {} and the result are not both quantized", i));
      else if (!same_qparams(*x, *y))
        model_.error("same-qparams", where_,
                     fmt::format("operand {} and the result have other scales or zero points", i));
    }
  }

  void pot_scale() {
    const CheckedTensor* y = subgraph_.output(op_);
    if (y == nullptr || y->type != Type::INT16 || !y->is_quantized()) return;
    const auto* add = op_.table->builtin_options_as_AddOptions();
    const auto* sub = op_.table->builtin_options_as_SubOptions();
    if ((add != nullptr && add->pot_scale_int16()) || (sub != nullptr && sub->pot_scale_int16()))
      model_.error("pot-scale", where_,
                   "pot_scale_int16 is true, the default; runtimes then take scales for powers of two");
  }

  // Some consumers compare these exactly, as their profiles say; other writers leave the observed ones.
  void fixed() {
    const CheckedTensor* y = subgraph_.output(op_);
    if (y == nullptr || !y->is_quantized() || y->scale.size() != 1 || y->zero_point.size() != 1) return;
    const float scale = y->scale[0];
    const int64_t zero = y->zero_point[0];
    const auto is = [&](float s, int64_t z) { return scale == s && zero == z; };
    bool fits = true;
    if (y->type == Type::UINT8)
      fits = op_.code == Op::LOGISTIC ? is(1.0f / 256, 0)
             : op_.code == Op::TANH   ? is(2.0f / 256, 128)
                                      : is(1.0f / 255, 0) || is(1.0f / 256, 0);
    if (y->type == Type::INT8) fits = op_.code == Op::TANH ? is(1.0f / 128, 0) : is(1.0f / 256, -128);
    if (y->type == Type::INT16)
      fits = op_.code == Op::SOFTMAX ? is(1.0f / 32767, 0) || is(1.0f / 32768, 0) : is(1.0f / 32768, 0);
    if (fits) return;
    model_.warning(
        "fixed-qparams", where_,
        fmt::format("its result has scale {} and zero point {}, not those that runtimes have for it", scale,
                    zero));
  }

  // Which operands are the activation and the bias; operand 1 is the weight, its channels lie on `axis`.
  void weighted(size_t operand, size_t bias_operand, int32_t axis) {
    const CheckedTensor* x = subgraph_.input(op_, operand);
    const CheckedTensor* weight = subgraph_.input(op_, 1);
    const CheckedTensor* bias = subgraph_.input(op_, bias_operand);
    const CheckedTensor* y = subgraph_.output(op_);
    if (x == nullptr || weight == nullptr || y == nullptr) return;
    if (weight->scale.size() > 1 && weight->axis != axis)
      model_.error("weight-axis", where_,
                   fmt::format("its weight has its scales on axis {}; {} is wanted", weight->axis, axis));
    if (!x->is_quantized()) return;
    if (!weight->is_quantized())
      model_.error("mixed", where_, "its operand is quantized and its weight is not");
    if (!y->is_quantized()) model_.error("mixed", where_, "its operand is quantized and its result is not");
    if (bias != nullptr) check_bias(*x, *weight, *bias);
  }

  void check_bias(const CheckedTensor& x, const CheckedTensor& weight, const CheckedTensor& bias) {
    const Type wanted = x.type == Type::INT16 ? Type::INT64 : Type::INT32;
    // LiteRT takes int32 with int16 operands as well.
    const bool is_taken =
        bias.type == wanted || (model_.is_tflite && x.type == Type::INT16 && bias.type == Type::INT32);
    if (!is_taken)
      return model_.error("bias-type", where_,
                          fmt::format("its bias is {}; with operands of {} it must be {}",
                                      type_name(bias.type), type_name(x.type), type_name(wanted)));
    if (bias.scale.size() != weight.scale.size())
      return model_.error(
          "bias-scale", where_,
          fmt::format("its bias has {} scales, its weight {}", bias.scale.size(), weight.scale.size()));
    if (x.scale.size() != 1) return;
    for (size_t i = 0; i < bias.scale.size(); ++i) {
      const float product = x.scale[0] * weight.scale[i];
      if (std::abs(bias.scale[i] - product) <= 1e-10f) continue;
      return model_.error("bias-scale", where_,
                          fmt::format("bias scale {} is {}; operand scale times weight scale is {}", i,
                                      bias.scale[i], product));
    }
    check_saturation(bias);
  }

  void check_saturation(const CheckedTensor& bias) {
    const Range codes = codes_of(bias.type);
    const size_t width = bias.type == Type::INT64 ? 8 : 4;
    uint64_t at_end = 0;
    for (size_t at = 0; at + width <= bias.data.size(); at += width) {
      int64_t code = 0;
      if (width == 8) {
        std::memcpy(&code, bias.data.data() + at, width);
      } else {
        int32_t narrow = 0;
        std::memcpy(&narrow, bias.data.data() + at, width);
        code = narrow;
      }
      at_end += code == codes.low || code == codes.high;
    }
    if (at_end != 0)
      model_.warning("bias-saturated", where_,
                     fmt::format("{} of its bias codes are at the end of {}", at_end, type_name(bias.type)));
  }

  CheckedModel& model_;
  const CheckedSubgraph& subgraph_;
  const CheckedOperator& op_;
  std::string where_;
};

}  // namespace

void check_quantization(CheckedModel& model) {
  for (const CheckedSubgraph& subgraph : model.subgraphs) {
    for (size_t i = 0; i < subgraph.tensors.size(); ++i)
      check_record(model, subgraph, static_cast<int32_t>(i));
    for (size_t i = 0; i < subgraph.operators.size(); ++i) {
      model.control->check();
      OperatorRecords(model, subgraph, i).check();
    }
  }
}

}  // namespace vernier::core
