#include "graph/bias_fit.h"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <limits>
#include <map>
#include <utility>

#include "graph/validate.h"
#include "vernier/core/error.h"

namespace vernier::core {
namespace {

constexpr float kLeastNormal = std::numeric_limits<float>::min();

// The greatest |code - zero_point|.
double reach(const QParams& qparams, size_t index) {
  const int32_t zero_point = qparams.zero_point[qparams.zero_point.size() == 1 ? 0 : index];
  return std::max(static_cast<double>(qparams.dtype.qmax()) - zero_point,
                  static_cast<double>(zero_point) - static_cast<double>(qparams.dtype.qmin()));
}

// The greatest |code| of a bias beside `depth` products of the reaches.
double greatest_code(DType bias, double depth, double input_reach, double weight_reach) {
  const double end = std::ldexp(1.0, bias.bits - 1);
  return std::max(end / 2, end - 1 - depth * input_reach * weight_reach);
}

// The division is in float32, as it is where the codes are made.
bool fits(float bias, float scale, double greatest) {
  return std::isnormal(scale) && scale > 0 &&
         std::fabs(static_cast<double>(std::nearbyint(bias / scale))) <= greatest;
}

// Infinity where no float32 will do.
float least_weight_scale(float bias, float input, double greatest) {
  const double wanted =
      std::max(std::fabs(static_cast<double>(bias)) / greatest, static_cast<double>(kLeastNormal)) /
      static_cast<double>(input);
  if (!(wanted < std::numeric_limits<float>::max())) return std::numeric_limits<float>::infinity();
  float scale = static_cast<float>(wanted);
  while (std::isfinite(scale) && !fits(bias, input * scale, greatest))
    scale = std::nextafter(scale, std::numeric_limits<float>::infinity());
  return scale;
}

void require_finite(const std::vector<float>& bias, const std::string& name) {
  const auto odd = std::find_if(bias.begin(), bias.end(), [](float each) { return !std::isfinite(each); });
  if (odd == bias.end()) return;
  throw data_error(fmt::format("bias value {} is {}", odd - bias.begin(), *odd), name,
                   "the checkpoint's bias must be finite");
}

}  // namespace

std::vector<SmallWeightScale> small_weight_scales(const Graph& graph, const FloatReader& read) {
  std::map<std::pair<ValueIndex, size_t>, SmallWeightScale> found;
  for (size_t n = 0; n < graph.nodes.size(); ++n) {
    const GraphNode& node = graph.nodes[n];
    if (!has_codable_bias(graph, node)) continue;
    const GraphValue& weight = graph.values[node.inputs[1]];
    const QParams& input_qparams = *graph.values[node.inputs[0]].qparams;
    const QParams& qparams = *weight.qparams;
    const DType dtype = bias_dtype(node, input_qparams, qparams);
    const std::vector<float> bias = read(node.inputs[2]);
    require_finite(bias, graph.values[node.inputs[2]].name);
    // Products that one output adds up.
    const auto axis = static_cast<size_t>(output_axis(node));
    const int64_t outputs = axis < weight.shape.size() ? weight.shape[axis] : 1;
    const auto depth = static_cast<double>(element_count(weight.shape) / std::max<int64_t>(outputs, 1));
    for (size_t i = 0; i < bias.size(); ++i) {
      const size_t index = qparams.scale.size() == 1 ? 0 : i;
      if (index >= qparams.scale.size())
        throw internal_error(fmt::format("{} biases for {} scales", bias.size(), qparams.scale.size()),
                             describe_node(graph, n));
      const float input = input_qparams.scale[0];
      const double greatest = greatest_code(dtype, depth, reach(input_qparams, 0), reach(qparams, index));
      if (fits(bias[i], input * qparams.scale[index], greatest)) continue;
      const float needed = least_weight_scale(bias[i], input, greatest);
      if (!std::isfinite(needed) || needed <= qparams.scale[index]) {
        throw data_error(
            fmt::format("bias value {} is {:g}: no weight scale makes it fit {}", i, bias[i], dtype.name()),
            describe_node(graph, n), "check the checkpoint and the calibration inputs");
      }
      SmallWeightScale& entry = found[{node.inputs[1], index}];
      if (needed > entry.needed) entry = {node.inputs[1], node.inputs[2], index, needed};
    }
  }
  std::vector<SmallWeightScale> result;
  result.reserve(found.size());
  for (const auto& [key, entry] : found) result.push_back(entry);
  return result;
}

}  // namespace vernier::core
