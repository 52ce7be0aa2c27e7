// layer_norm: Circle has no operator for it. It is written as elementary ones in float, between a DEQUANTIZE
// and a QUANTIZE where the graph has codes, so nothing of its inside is rounded to a grid: (x - mean) *
// rsqrt(mean((x - mean)^2) + eps) * weight + bias.
#include <cstring>

#include "codes.h"
#include "ops.h"

namespace circle_backend {

using vernier::GraphNode;
using vernier::GraphValue;

namespace {

// Writes float operators one after the other; each result is named "<result of the node>/<suffix>".
class FloatSteps {
 public:
  FloatSteps(Lowering& l, const GraphNode& node) : l_(l), node_(node) {}

  TensorIndex operand(size_t i) {
    const TensorIndex tensor = l_.operand(
        node_, i,
        l_.operand_value(node_, i).is_constant() ? Lowering::Scales::kAny : Lowering::Scales::kPerTensor);
    if (!l_.element(tensor).qparams.is_set()) return tensor;
    const Options options =
        empty_options<circle::DequantizeOptionsBuilder>(circle::BuiltinOptions::DequantizeOptions);
    return step(circle::BuiltinOperator::DEQUANTIZE, {tensor}, l_.operand_value(node_, i).shape,
                "operand" + std::to_string(i), options);
  }

  TensorIndex step(circle::BuiltinOperator code, std::vector<TensorIndex> inputs,
                   const std::vector<int64_t>& shape, const std::string& suffix, const Options& options) {
    const TensorIndex result = l_.builder.add({l_.beside(node_, suffix), shape, {vernier::kFloat32, {}}});
    l_.builder.add_operator(code, std::move(inputs), {result}, options);
    return result;
  }

  TensorIndex number(double value, const std::string& suffix) {
    const auto single = static_cast<float>(value);
    Data data;
    data.source = Data::Source::kMade;
    data.length = sizeof(single);
    data.bytes.resize(sizeof(single));
    std::memcpy(data.bytes.data(), &single, sizeof(single));
    return l_.builder.add({l_.beside(node_, suffix), {}, {vernier::kFloat32, {}}}, std::move(data));
  }

 private:
  Lowering& l_;
  const GraphNode& node_;
};

template <typename Function>
Options options_of(circle::BuiltinOptions member, Function create) {
  return {member, [create](flatbuffers::FlatBufferBuilder& b) { return create(b).Union(); }};
}

}  // namespace

void lower_layer_norm(Lowering& l, const GraphNode& node) {
  using Builtin = circle::BuiltinOperator;
  const Options mul = empty_options<circle::MulOptionsBuilder>(circle::BuiltinOptions::MulOptions);
  const Options add = options_of(circle::BuiltinOptions::AddOptions, [](auto& b) {
    return circle::CreateAddOptions(b, circle::ActivationFunctionType::NONE, false);
  });
  const Options sub = options_of(circle::BuiltinOptions::SubOptions, [](auto& b) {
    return circle::CreateSubOptions(b, circle::ActivationFunctionType::NONE, false);
  });
  const Options mean = options_of(circle::BuiltinOptions::ReducerOptions,
                                  [](auto& b) { return circle::CreateReducerOptions(b, true); });

  const std::vector<int64_t>& shape = l.result_value(node).shape;
  if (shape.empty()) Lowering::fail(node, "has no axis to normalise over");
  std::vector<int64_t> one_each = shape;
  one_each.back() = 1;
  const TensorIndex axis =
      l.builder.add_int32(l.beside(node, "axes"), {static_cast<int32_t>(shape.size()) - 1});

  FloatSteps steps(l, node);
  const TensorIndex x = steps.operand(0);
  const TensorIndex average = steps.step(Builtin::MEAN, {x, axis}, one_each, "mean", mean);
  const TensorIndex centered = steps.step(Builtin::SUB, {x, average}, shape, "centered", sub);
  const TensorIndex square = steps.step(Builtin::MUL, {centered, centered}, shape, "square", mul);
  const TensorIndex variance = steps.step(Builtin::MEAN, {square, axis}, one_each, "variance", mean);
  const TensorIndex shifted =
      steps.step(Builtin::ADD, {variance, steps.number(node.number("eps"), "eps")}, one_each, "shifted", add);
  const TensorIndex inverse = steps.step(Builtin::RSQRT, {shifted}, one_each, "inverse", {});

  struct Step {
    Builtin code;
    TensorIndex factor;
    const char* suffix;
    const Options* options;
  };
  std::vector<Step> last = {{Builtin::MUL, inverse, "norm", &mul}};
  if (l.has_operand(node, 1)) last.push_back({Builtin::MUL, steps.operand(1), "scaled", &mul});
  if (l.has_operand(node, 2)) last.push_back({Builtin::ADD, steps.operand(2), "biased", &add});
  TensorIndex y = centered;
  for (size_t i = 0; i + 1 < last.size(); ++i)
    y = steps.step(last[i].code, {y, last[i].factor}, shape, last[i].suffix, *last[i].options);
  const Step& final = last.back();
  l.emit_result(node, {vernier::kFloat32, {}}, [&](TensorIndex result) {
    l.builder.add_operator(final.code, {y, final.factor}, {result}, *final.options);
  });
}

}  // namespace circle_backend
