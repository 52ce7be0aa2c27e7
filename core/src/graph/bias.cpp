#include "graph/bias.h"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <cstring>
#include <limits>
#include <string>
#include <unordered_set>
#include <utility>

#include "graph/validate.h"
#include "vernier/core/error.h"

namespace vernier::core {
namespace {

// The ends of the range are compared as floats: the greatest code has no float32 of its own, the next one is
// 2^31 or 2^63.
template <typename Code>
Code to_code(float real, uint64_t& saturated) {
  const float rounded = std::nearbyint(real);
  constexpr float kEnd = -static_cast<float>(std::numeric_limits<Code>::min());
  if (rounded >= -kEnd && rounded < kEnd) return static_cast<Code>(rounded);
  ++saturated;
  return rounded < 0 ? std::numeric_limits<Code>::min() : std::numeric_limits<Code>::max();
}

template <typename Code>
void encode(const std::vector<float>& bias, const std::vector<float>& scale, BiasCodes& result) {
  result.codes.resize(bias.size() * sizeof(Code));
  for (size_t i = 0; i < bias.size(); ++i) {
    const Code code = to_code<Code>(bias[i] / scale[scale.size() == 1 ? 0 : i], result.saturated);
    std::memcpy(result.codes.data() + i * sizeof(Code), &code, sizeof(Code));
  }
}

class Planner {
 public:
  Planner(Graph& graph, const FloatReader& read)
      : graph_(graph), read_(read), readers_(graph.values.size(), 0) {
    for (const GraphNode& node : graph.nodes) {
      for (ValueIndex input : node.inputs) {
        if (input != kNoValue) ++readers_[input];
      }
    }
    for (ValueIndex output : graph.outputs) ++readers_[output];
    for (const GraphValue& value : graph.values) names_.insert(value.name);
  }

  BiasPlan run() {
    for (size_t i = 0; i < graph_.nodes.size(); ++i) node(i);
    std::sort(plan_.biases.begin(), plan_.biases.end(),
              [](const BiasCodes& a, const BiasCodes& b) { return a.value < b.value; });
    return std::move(plan_);
  }

 private:
  void node(size_t index) {
    GraphNode& node = graph_.nodes[index];
    if (!has_codable_bias(graph_, node)) return;
    const GraphValue& input = graph_.values[node.inputs[0]];
    const GraphValue& weight = graph_.values[node.inputs[1]];
    const ValueIndex source = node.inputs[2];
    const DType dtype = bias_dtype(node, *input.qparams, *weight.qparams);

    QParams qparams;
    qparams.dtype = dtype;
    qparams.scheme = Scheme::kSymmetric;
    qparams.axis = weight.qparams->axis < 0 ? -1 : 0;
    qparams.scale = scales(index, input.qparams->scale[0], weight.qparams->scale);
    qparams.zero_point.assign(qparams.scale.size(), 0);

    BiasCodes codes;
    codes.source = source;
    const std::vector<float> bias = values(index, source, qparams.scale.size());
    if (dtype == kInt32) {
      encode<int32_t>(bias, qparams.scale, codes);
    } else {
      encode<int64_t>(bias, qparams.scale, codes);
    }
    codes.value = node.inputs[2] = readers_[source] == 1 ? source : copy_of(source);
    GraphValue& value = graph_.values[codes.value];
    value.dtype = dtype;
    value.constant_bytes = codes.codes.size();
    value.qparams = std::move(qparams);
    plan_.biases.push_back(std::move(codes));
  }

  [[nodiscard]] std::vector<float> scales(size_t node, float input, const std::vector<float>& weight) const {
    std::vector<float> result;
    for (float each : weight) {
      const float scale = input * each;
      if (!std::isfinite(scale) || scale <= 0) {
        throw data_error(
            fmt::format("bias scale {} * {} is no positive float32", input, each),
            describe_node(graph_, node),
            "the input's or the weight's values are out of the range that quantization can express");
      }
      result.push_back(scale);
    }
    return result;
  }

  [[nodiscard]] std::vector<float> values(size_t node, ValueIndex source, size_t scales) const {
    std::vector<float> bias = read_(source);
    const auto count = static_cast<size_t>(element_count(graph_.values[source].shape));
    if (bias.size() != count || (scales != 1 && scales != count)) {
      throw internal_error(fmt::format("bias with {} of {} values for {} scales", bias.size(), count, scales),
                           describe_node(graph_, node));
    }
    const auto odd = std::find_if(bias.begin(), bias.end(), [](float each) { return !std::isfinite(each); });
    if (odd != bias.end()) {
      throw data_error(fmt::format("bias value {} is {}", odd - bias.begin(), *odd),
                       graph_.values[source].name, "the checkpoint's bias must be finite");
    }
    return bias;
  }

  ValueIndex copy_of(ValueIndex source) {
    --readers_[source];
    GraphValue copy = graph_.values[source];
    for (int i = 2; !names_.insert(copy.name).second; ++i)
      copy.name = fmt::format("{}#{}", graph_.values[source].name, i);
    copy.is_filled = true;
    graph_.values.push_back(std::move(copy));
    readers_.push_back(1);
    return static_cast<ValueIndex>(graph_.values.size() - 1);
  }

  Graph& graph_;
  const FloatReader& read_;
  std::vector<size_t> readers_;
  std::unordered_set<std::string> names_;
  BiasPlan plan_;
};

// In groups several outputs share an index of the weight's axis 1: no index has a scale of its own.
bool is_turned_product(const GraphNode& node) {
  const auto groups = node.attributes.find("groups");
  return node.op == "conv_transpose2d" && groups != node.attributes.end() &&
         groups->second == Attribute(int64_t{1});
}

}  // namespace

bool is_product_with_bias(const GraphNode& node) {
  const bool is_product = node.op == "linear" || node.op == "conv1d" || node.op == "conv2d" ||
                          node.op == "conv3d" || is_turned_product(node);
  return is_product && node.version == 1 && node.inputs.size() == 3 && node.inputs[2] != kNoValue &&
         node.inputs[0] != kNoValue && node.inputs[1] != kNoValue;
}

int64_t output_axis(const GraphNode& node) { return node.op == "conv_transpose2d" ? 1 : 0; }

DType bias_dtype(const GraphNode& node, const QParams& input, const QParams& weight) {
  const bool has_blocks = input.block_size > 0 || weight.block_size > 0;  // a product has no one scale
  const bool is_by_output = weight.axis < 0 || weight.axis == output_axis(node);
  if (has_blocks || input.axis >= 0 || !is_by_output || input.dtype.bits > 16) return {};
  return input.dtype.bits > 8 ? kInt64 : kInt32;
}

bool has_codable_bias(const Graph& graph, const GraphNode& node) {
  if (!is_product_with_bias(node)) return false;
  const GraphValue& input = graph.values[node.inputs[0]];
  const GraphValue& weight = graph.values[node.inputs[1]];
  const GraphValue& bias = graph.values[node.inputs[2]];
  if (!input.qparams || !weight.qparams) return false;
  if (bias.kind != ValueKind::kConstant || bias.dtype.is_integer()) return false;
  return bias_dtype(node, *input.qparams, *weight.qparams).is_set();
}

uint64_t BiasPlan::saturated() const {
  uint64_t total = 0;
  for (const BiasCodes& each : biases) total += each.saturated;
  return total;
}

BiasPlan plan_biases(Graph& graph, const FloatReader& read) { return Planner(graph, read).run(); }

}  // namespace vernier::core
