#include "graph/views.h"

#include <algorithm>
#include <string>
#include <string_view>

namespace vernier::core {
namespace {

// Attribute `axis` counted from the front, or -1 where there is none that fits.
int64_t axis_of(const GraphNode& node, size_t rank) {
  const auto found = node.attributes.find("axis");
  const auto* axis = found == node.attributes.end() ? nullptr : std::get_if<int64_t>(&found->second);
  if (!axis) return -1;
  const int64_t from_front = *axis < 0 ? *axis + static_cast<int64_t>(rank) : *axis;
  return from_front >= 0 && from_front < static_cast<int64_t>(rank) ? from_front : -1;
}

// The input's axis that permute puts at each place of the output; empty where the attribute does not fit.
std::vector<int64_t> permutation(const GraphNode& node, size_t rank) {
  const auto found = node.attributes.find("axes");
  const auto* axes =
      found == node.attributes.end() ? nullptr : std::get_if<std::vector<int64_t>>(&found->second);
  if (!axes || axes->size() != rank) return {};
  std::vector<int64_t> result = *axes;
  for (int64_t& axis : result) {
    if (axis < 0) axis += static_cast<int64_t>(rank);
    if (axis < 0 || axis >= static_cast<int64_t>(rank)) return {};
  }
  return result;
}

int64_t integer(const GraphNode& node, const char* name, int64_t otherwise) {
  const auto found = node.attributes.find(name);
  const auto* value = found == node.attributes.end() ? nullptr : std::get_if<int64_t>(&found->second);
  return value ? *value : otherwise;
}

// The scales of the rows that a slice along the channel axis keeps.
std::optional<QParams> sliced(const Graph& graph, const GraphNode& node, const QParams& qparams) {
  const auto extent = static_cast<int64_t>(qparams.scale.size());
  const auto clamped = [&](int64_t at) { return std::clamp<int64_t>(at < 0 ? at + extent : at, 0, extent); };
  const int64_t begin = clamped(integer(node, "begin", 0));
  const int64_t end = clamped(integer(node, "end", extent));
  if (end <= begin || end - begin != graph.values[node.outputs[0]].shape[static_cast<size_t>(qparams.axis)])
    return std::nullopt;
  QParams result = qparams;
  result.scale.assign(qparams.scale.begin() + begin, qparams.scale.begin() + end);
  result.zero_point.assign(qparams.zero_point.begin() + begin, qparams.zero_point.begin() + end);
  return result;
}

}  // namespace

bool is_view(const GraphNode& node) {
  constexpr std::string_view kOfOne[] = {"reshape", "permute", "slice", "strided_slice", "expand", "split"};
  if (node.version != 1 || node.inputs.empty() || node.outputs.empty()) return false;
  if (node.outputs.size() != 1 && node.op != "split") return false;
  if (std::find(node.inputs.begin(), node.inputs.end(), kNoValue) != node.inputs.end()) return false;
  return node.op == "concat" ||
         (node.inputs.size() == 1 && std::ranges::find(kOfOne, node.op) != std::end(kOfOne));
}

std::optional<QParams> carry(const Graph& graph, const GraphNode& view, std::span<const QParams> inputs) {
  if (inputs.empty()) return std::nullopt;
  const QParams& first = inputs.front();
  if (!std::all_of(inputs.begin(), inputs.end(), [&](const QParams& each) { return each == first; }))
    return std::nullopt;
  if (first.block_size > 0) return std::nullopt;
  if (first.axis < 0) return first;
  const size_t rank = graph.values[view.inputs[0]].shape.size();
  if (view.op == "permute") {
    const std::vector<int64_t> axes = permutation(view, rank);
    const auto place = std::find(axes.begin(), axes.end(), first.axis);
    if (place == axes.end()) return std::nullopt;
    QParams result = first;
    result.axis = place - axes.begin();
    return result;
  }
  if (view.op == "slice" && axis_of(view, rank) == first.axis) return sliced(graph, view, first);
  if (view.op == "slice" && axis_of(view, rank) >= 0) return first;
  const bool is_cut = view.op == "concat" || view.op == "strided_slice" || view.op == "split";
  if (is_cut && axis_of(view, rank) >= 0 && axis_of(view, rank) != first.axis) return first;
  return std::nullopt;
}

std::optional<QParams> carry_back(const Graph& graph, const GraphNode& view, const QParams& output) {
  if (output.block_size > 0) return std::nullopt;
  if (output.axis < 0) return output;
  const size_t rank = graph.values[view.inputs[0]].shape.size();
  if (view.op == "permute") {
    const std::vector<int64_t> axes = permutation(view, rank);
    if (axes.empty()) return std::nullopt;
    QParams result = output;
    result.axis = axes[static_cast<size_t>(output.axis)];
    return result;
  }
  if (view.op == "reshape") return std::nullopt;
  const int64_t axis = axis_of(view, rank);
  return axis >= 0 && axis != output.axis ? std::optional(output) : std::nullopt;
}

}  // namespace vernier::core
