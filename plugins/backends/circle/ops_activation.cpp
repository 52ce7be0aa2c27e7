// Activations.
#include <cmath>

#include "codes.h"
#include "ops.h"

namespace circle_backend {

using vernier::GraphNode;

namespace {

// What the tflite dialect has in integers: the qparams that LiteRT's kernels of 8 bits fix.
struct Fixed {
  QParams int8;
};

const Fixed kSigmoid = {{{1.0f / 256}, {-128}}};
const Fixed kTanh = {{{2.0f / 256}, {0}}};
const Fixed kSoftmax = {{{1.0f / 256}, {-128}}};

// The graph has the qparams that the consumer fixes: its lowering put them there.
void emit_fixed(Lowering& l, const GraphNode& node, circle::BuiltinOperator code, const Fixed& fixed,
                const Options& options) {
  const bool is_coded = l.result_value(node).is_quantized();
  const int bits = shared_dtype(l, node).bits;
  if (is_coded && bits != 8 && bits != 16)
    Lowering::fail(node, "Circle has it in 8 and 16 bits, not in " + shared_dtype(l, node).name());
  // A detour over the fixed qparams would cost precision, and LiteRT's kernels for int16 interpolate.
  const bool is_fixed = bits == 8 && element_of(l.result_value(node)) == Element{vernier::kInt8, fixed.int8};
  if (l.is_tflite() && is_coded && !is_fixed) return lower_in_float(l, node, code, options);
  lower_elementwise(l, node, code, options);
}

Options extremum_options() {
  return empty_options<circle::MaximumMinimumOptionsBuilder>(circle::BuiltinOptions::MaximumMinimumOptions);
}

// A scalar with the element of what it is compared to.
TensorIndex scalar(Lowering& l, const GraphNode& node, const Element& element, double value,
                   const char* name) {
  Data data = element.qparams.is_set() ? made({encode(element, value)}, element.dtype)
                                       : made_float(static_cast<float>(value));
  return l.builder.add({l.beside(node, name), {}, element}, std::move(data));
}

}  // namespace

void lower_sigmoid(Lowering& l, const GraphNode& node) {
  emit_fixed(l, node, circle::BuiltinOperator::LOGISTIC, kSigmoid, {});
}
void lower_tanh(Lowering& l, const GraphNode& node) {
  emit_fixed(l, node, circle::BuiltinOperator::TANH, kTanh, {});
}

void lower_softmax(Lowering& l, const GraphNode& node) {
  const size_t rank = l.operand_value(node, 0).shape.size();
  if (axis_of(node, node.integer("axis"), rank) + 1 != static_cast<int32_t>(rank))
    Lowering::fail(node, "Circle has it on the last axis only; permute before and after");
  const Options options = {circle::BuiltinOptions::SoftmaxOptions, [](flatbuffers::FlatBufferBuilder& b) {
                             return circle::CreateSoftmaxOptions(b, 1.0f).Union();
                           }};
  emit_fixed(l, node, circle::BuiltinOperator::SOFTMAX, kSoftmax, options);
}

// x * sigmoid(x) in float: the formats have no operator of its own. Of codes the lowering makes both steps,
// for the sigmoid's qparams are the consumer's.
void lower_silu(Lowering& l, const GraphNode& node) {
  const Options mul = empty_options<circle::MulOptionsBuilder>(circle::BuiltinOptions::MulOptions);
  if (!l.is_tflite() && l.result_value(node).is_quantized())
    Lowering::fail(node, "of " + l.result_value(node).dtype.name() +
                             " codes has no operator, and the file's profile does not say which qparams its "
                             "sigmoid has (\"lowering\", \"steps\")");
  l.emit_in_float(node, [&](const std::vector<TensorIndex>& operands, TensorIndex result) {
    const TensorIndex gate = l.add_float(node, "sigmoid", l.result_value(node).shape);
    l.builder.add_operator(circle::BuiltinOperator::LOGISTIC, operands, {gate});
    l.builder.add_operator(circle::BuiltinOperator::MUL, {operands[0], gate}, {result}, mul);
  });
}

void lower_gelu(Lowering& l, const GraphNode& node) {
  const std::string_view approximate = node.text("approximate");
  if (approximate != "none" && approximate != "tanh")
    Lowering::fail(node, "unknown approximation \"" + std::string(approximate) + "\"; none or tanh");
  const bool is_tanh = approximate == "tanh";
  const Options options = {circle::BuiltinOptions::GeluOptions, [is_tanh](flatbuffers::FlatBufferBuilder& b) {
                             return circle::CreateGeluOptions(b, is_tanh).Union();
                           }};
  if (l.is_tflite() && l.result_value(node).dtype.bits == 16)
    return lower_in_float(l, node, circle::BuiltinOperator::GELU, options);
  lower_elementwise(l, node, circle::BuiltinOperator::GELU, options);
}

void lower_relu(Lowering& l, const GraphNode& node) {
  lower_elementwise(l, node, circle::BuiltinOperator::RELU, {});
}

namespace {

// MINIMUM and MAXIMUM of a clamp, each only where its bound is finite, and one of them always. They keep the
// input's qparams.
class Bounds {
 public:
  Bounds(Lowering& l, const GraphNode& node)
      : l_(l), node_(node), low_(node.number("low")), high_(node.number("high")) {}

  // All but the last operator; what the last one reads.
  [[nodiscard]] TensorIndex before_last(TensorIndex x) const {
    if (!std::isfinite(high_) || !has_maximum()) return x;
    const TensorIndex below =
        l_.builder.add({l_.beside(node_, "minimum"), l_.result_value(node_).shape, l_.element(x)});
    emit(circle::BuiltinOperator::MINIMUM, x, high_, "high", below);
    return below;
  }
  void last(TensorIndex x, TensorIndex result) const {
    if (has_maximum()) {
      emit(circle::BuiltinOperator::MAXIMUM, x, low_, "low", result);
    } else {
      emit(circle::BuiltinOperator::MINIMUM, x, high_, "high", result);
    }
  }

 private:
  [[nodiscard]] bool has_maximum() const { return std::isfinite(low_) || !std::isfinite(high_); }
  void emit(circle::BuiltinOperator code, TensorIndex x, double bound, const char* name,
            TensorIndex to) const {
    l_.builder.add_operator(code, {x, scalar(l_, node_, l_.element(x), bound, name)}, {to},
                            extremum_options());
  }

  Lowering& l_;
  const GraphNode& node_;
  double low_, high_;
};

}  // namespace

// RELU6 where it is that.
void lower_clamp(Lowering& l, const GraphNode& node) {
  const double low = node.number("low");
  const double high = node.number("high");
  if (!(low <= high))
    Lowering::fail(node, "has the range " + std::to_string(low) + " to " + std::to_string(high));
  if (low == 0 && high == 6) return lower_elementwise(l, node, circle::BuiltinOperator::RELU6, {});
  const Bounds bounds(l, node);
  // A bound between two codes of the input is another code in a finer result, so the input is brought to the
  // result's qparams first: rounding keeps the order. LiteRT's QUANTIZE rounds in its own way.
  const TensorIndex x = l.is_tflite() ? l.operand(node, 0) : operand_as_result(l, node, 0);
  const Element element = l.element(x);
  if (l.is_tflite() && element != element_of(l.result_value(node))) {
    l.emit_in_float(node, [&](const std::vector<TensorIndex>& operands, TensorIndex result) {
      bounds.last(bounds.before_last(operands[0]), result);
    });
    return;
  }
  const TensorIndex read = bounds.before_last(x);
  l.emit_result(node, element, [&](TensorIndex result) { bounds.last(read, result); });
}

}  // namespace circle_backend
