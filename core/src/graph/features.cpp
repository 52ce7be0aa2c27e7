#include "graph/features.h"

#include <algorithm>
#include <array>
#include <map>

#include "graph/validate.h"

namespace vernier::core {
namespace {

constexpr std::string_view kPerChannel = "per_channel";
constexpr std::string_view kSubByte = "sub_byte";
constexpr std::string_view kOpVersion = "op_version";
constexpr std::string_view kBlocks = "blocks";
constexpr std::string_view kOpenExtents = "open_extents";
constexpr std::array kKnown = {kPerChannel, kSubByte, kOpVersion, kBlocks, kOpenExtents};

}  // namespace

std::vector<FeatureUse> feature_uses(const Graph& graph) {
  std::map<std::string_view, std::string> found;
  const auto note = [&](std::string_view feature, const auto& describe, auto index) {
    if (!found.contains(feature)) found.emplace(feature, describe(graph, index));
  };
  for (ValueIndex i = 0; i < graph.values.size(); ++i) {
    const GraphValue& value = graph.values[i];
    if (value.qparams && value.qparams->axis >= 0) note(kPerChannel, describe_value, i);
    if (value.qparams && value.qparams->block_size > 0) note(kBlocks, describe_value, i);
    if (!value.extents.empty()) note(kOpenExtents, describe_value, i);
    if (value.dtype.bits < 8) note(kSubByte, describe_value, i);
  }
  for (size_t i = 0; i < graph.nodes.size(); ++i) {
    if (graph.nodes[i].version > 1) note(kOpVersion, describe_node, i);
  }
  std::vector<FeatureUse> uses;
  uses.reserve(found.size());
  for (auto& [feature, where] : found) uses.push_back({std::string(feature), std::move(where)});
  return uses;
}

std::vector<std::string> features(const Graph& graph) {
  std::vector<std::string> names;
  for (FeatureUse& use : feature_uses(graph)) names.push_back(std::move(use.feature));
  return names;
}

bool is_known_feature(std::string_view feature) {
  return std::find(kKnown.begin(), kKnown.end(), feature) != kKnown.end();
}

}  // namespace vernier::core
