#include "circle/check/operator_types.h"

#include <fmt/format.h>

namespace vernier::core {

namespace {

using O = circle::BuiltinOperator;
using Type = circle::TensorType;

// Operands from 1 on are shapes, permutations, axes or offsets: INT32 constants.
constexpr O kIndexed[] = {O::RESHAPE, O::TRANSPOSE, O::MEAN,  O::SUM,           O::REDUCE_MAX, O::REDUCE_MIN,
                          O::ARG_MAX, O::CUMSUM,    O::SLICE, O::STRIDED_SLICE, O::PAD};
constexpr O kAllAsResult[] = {O::ADD,     O::SUB, O::MUL,          O::DIV,          O::MINIMUM,
                              O::MAXIMUM, O::POW, O::BATCH_MATMUL, O::CONCATENATION};
constexpr O kFirstAsResult[] = {
    O::FULLY_CONNECTED, O::RMS_NORM, O::SOFTMAX,       O::LOGISTIC, O::TANH, O::RELU,
    O::RELU6,           O::RSQRT,    O::SQRT,          O::NEG,      O::GELU, O::RESHAPE,
    O::TRANSPOSE,       O::SLICE,    O::STRIDED_SLICE, O::MEAN,     O::PAD,  O::REDUCE_MAX,
    O::REDUCE_MIN,      O::ABS,      O::FLOOR,         O::SIN,      O::COS,  O::EXP,
    O::SQUARE,          O::SUM,      O::LOG,           O::CUMSUM};
constexpr O kComparing[] = {O::EQUAL, O::NOT_EQUAL, O::LESS, O::LESS_EQUAL, O::GREATER, O::GREATER_EQUAL};
constexpr O kLogical[] = {O::LOGICAL_AND, O::LOGICAL_OR, O::LOGICAL_NOT};

class Types {
 public:
  Types(CheckedModel& model, const CheckedSubgraph& subgraph, size_t index, const CheckedTensor& x,
        const CheckedTensor& y)
      : model_(model),
        subgraph_(subgraph),
        op_(subgraph.operators[index]),
        where_(operator_name(subgraph, index)),
        x_(x),
        y_(y) {}

  void check() {
    if (is_one_of(kIndexed, op_.code)) index_operands();
    if (is_one_of(kFirstAsResult, op_.code)) return as_result(&x_, "its operand");
    if (is_one_of(kAllAsResult, op_.code)) {
      for (size_t i = 0; i < op_.inputs.size(); ++i) as_result(subgraph_.input(op_, i), "an operand");
      return;
    }
    if (is_one_of(kLogical, op_.code)) want(x_, Type::BOOL, "its operand");
    if (is_one_of(kLogical, op_.code) || is_one_of(kComparing, op_.code)) return truth();
    switch (op_.code) {
      case O::QUANTIZE:
        if (!y_.is_quantized()) fail("its result has no scale");
        return;
      case O::DEQUANTIZE:
        return want(y_, Type::FLOAT32, "its result");
      case O::CAST:
        return cast();
      case O::GATHER:
        indices(subgraph_.input(op_, 1));
        if (x_.scale.size() <= 1) as_result(&x_, "its table");
        return;
      case O::SELECT_V2:
        want(x_, Type::BOOL, "its condition");
        for (size_t i = 1; i <= 2; ++i) as_result(subgraph_.input(op_, i), "an operand");
        return;
      case O::ARG_MAX:
        return pick();
      default:
        return;
    }
  }

 private:
  void fail(const std::string& what) { model_.error("type", where_, what); }

  void as_result(const CheckedTensor* a, const char* what) {
    if (a != nullptr && a->type != y_.type)
      fail(fmt::format("{} is {} and its result {}", what, type_name(a->type), type_name(y_.type)));
  }

  void want(const CheckedTensor& tensor, Type type, const char* what) {
    if (tensor.type != type) fail(fmt::format("{} is {}", what, type_name(tensor.type)));
  }

  void index_operands() {
    for (size_t i = 1; i < op_.inputs.size(); ++i) {
      const CheckedTensor* operand = subgraph_.input(op_, i);
      if (operand == nullptr) continue;
      if (operand->type != Type::INT32)
        model_.error("index-type", where_,
                     fmt::format("operand {} is {}, INT32 is wanted", i, type_name(operand->type)));
      else if (!operand->has_data)
        model_.warning("index-type", where_, fmt::format("operand {} is no constant", i));
    }
  }

  void indices(const CheckedTensor* picks) {
    if (picks != nullptr && picks->type != Type::INT32 && picks->type != Type::INT64)
      model_.error("index-type", where_, "its indices are " + type_name(picks->type));
  }

  void cast() {
    const auto* options = op_.table->builtin_options_as_CastOptions();
    if (options != nullptr && (options->in_data_type() != x_.type || options->out_data_type() != y_.type))
      fail("its options name other types than its tensors have");
  }

  void truth() {
    const CheckedTensor* other = subgraph_.input(op_, 1);
    want(y_, Type::BOOL, "its result");
    if (other != nullptr && other->type != x_.type)
      fail(fmt::format("its operands are {} and {}", type_name(x_.type), type_name(other->type)));
  }

  void pick() {
    const auto* options = op_.table->builtin_options_as_ArgMaxOptions();
    if (options != nullptr && options->output_type() != y_.type)
      fail("its options name another type than its result has");
    indices(&y_);
  }

  CheckedModel& model_;
  const CheckedSubgraph& subgraph_;
  const CheckedOperator& op_;
  std::string where_;
  const CheckedTensor& x_;
  const CheckedTensor& y_;
};

}  // namespace

void check_operator_types(CheckedModel& model, const CheckedSubgraph& subgraph, size_t index) {
  const CheckedTensor* x = subgraph.input(subgraph.operators[index], 0);
  const CheckedTensor* y = subgraph.output(subgraph.operators[index]);
  if (x != nullptr && y != nullptr) Types(model, subgraph, index, *x, *y).check();
}

}  // namespace vernier::core
