#include "calibration/weight_scales.h"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <algorithm>
#include <map>

#include "calibration/declared_qparams.h"
#include "calibration/weight_observer.h"
#include "device/device.h"
#include "graph/bias_fit.h"
#include "graph/fold.h"
#include "graph/value_uses.h"
#include "vernier/core/error.h"

namespace vernier::core {

namespace {

constexpr size_t kShownChannels = 8;

const Parameter* find_parameter(const ModuleTree& tree, const std::string& path) {
  const auto found = std::find_if(tree.parameters.begin(), tree.parameters.end(),
                                  [&](const Parameter& one) { return one.path == path; });
  return found == tree.parameters.end() ? nullptr : &*found;
}

// The site that gave a folded weight its qparams: the parameter's own, or the first that a forward put it
// through. -1: none, the weight is computed.
int site_of(const ModuleTree& tree, const Graph& recorded, ValueIndex origin) {
  if (origin == kNoValue || recorded.values[origin].kind != ValueKind::kConstant) return -1;
  if (recorded.values[origin].qparams) {
    const Parameter* parameter = find_parameter(tree, recorded.values[origin].name);
    return parameter == nullptr ? -1 : parameter->site;
  }
  for (const GraphNode& node : recorded.nodes) {
    if (!is_fake_quantize(node) || node.inputs[0] != origin) continue;
    const auto& path = std::get<std::string>(node.attributes.at("site"));
    for (size_t i = 0; i < tree.sites.size(); ++i) {
      if (tree.sites[i].path == path) return static_cast<int>(i);
    }
  }
  return -1;
}

// Of sites that share a weight the one that needs most decides.
void raise(Site& site, const SmallWeightScale& small, const std::string& bias) {
  float& scale = site.qparams->scale[small.index];
  if (scale >= small.needed) return;
  const int64_t channel = site.qparams->axis < 0 ? -1 : static_cast<int64_t>(small.index);
  site.raised.push_back({channel, scale, small.needed, bias});
  scale = small.needed;
}

void write_back(Graph& recorded, const Site& site, const Parameter* parameter) {
  for (GraphValue& value : recorded.values) {
    if (parameter != nullptr && value.kind == ValueKind::kConstant && value.name == parameter->path)
      value.qparams = *site.qparams;
  }
  for (const GraphNode& node : recorded.nodes) {
    const auto found = node.attributes.find("site");
    if (is_fake_quantize(node) && found != node.attributes.end() &&
        std::get<std::string>(found->second) == site.path)
      recorded.values[node.outputs[0]].qparams = *site.qparams;
  }
}

std::string channel_list(std::vector<int64_t> channels) {
  const size_t count = channels.size();
  if (count > kShownChannels) channels.erase(channels.begin() + kShownChannels, channels.end());
  return fmt::format("{} {}{}", count == 1 ? "channel" : "channels", fmt::join(channels, ", "),
                     count > kShownChannels ? fmt::format(" and {} more", count - kShownChannels) : "");
}

[[noreturn]] void throw_lost(const Site& site, const std::string& what, const std::string& hint) {
  throw data_error(
      fmt::format("all codes of {} mean 0 although its values do not: the greatest |value| is "
                  "{:g}, {}",
                  what, site.zero_codes.greatest,
                  site.qparams->scale.size() == 1 ? fmt::format("the scale {:g}", site.qparams->scale[0])
                                                  : std::string("less than half of each scale")),
      "site " + site.path, hint);
}

}  // namespace

std::set<int> raise_weight_scales(ModuleTree& tree, Graph& recorded, Device& device) {
  const Folded folded = fold(recorded);
  const auto path_of = [&](ValueIndex value) { return recorded.values[folded.origin[value]].name; };
  const auto small = small_weight_scales(folded.graph, [&](ValueIndex value) {
    const Parameter* parameter = find_parameter(tree, path_of(value));
    if (parameter == nullptr) throw internal_error("constant " + path_of(value) + " is no parameter");
    const Tensor floats = device.widen(parameter->source, all_rows(parameter->source), kFloat32);
    return std::vector<float>(floats.as<float>(), floats.as<float>() + floats.elements());
  });
  std::map<int, ValueIndex> changed;  // by site: where its weight comes from
  for (const SmallWeightScale& one : small) {
    const int site = site_of(tree, recorded, folded.origin[one.weight]);
    if (site < 0) continue;
    const int tied_to = tree.sites[site].tied_to, owner = tied_to < 0 ? site : tied_to;
    raise(tree.sites[owner], one, path_of(one.bias));
    changed[site] = folded.origin[one.weight];
    for (int other : tied_with(tree, site)) changed.try_emplace(other, kNoValue);
  }
  std::set<int> sites;
  for (const auto& [index, origin] : changed) {
    Site& site = tree.sites[index];
    if (site.tied_to >= 0) site.qparams = tree.sites[site.tied_to].qparams;
    write_back(recorded, site, nullptr);
    for (Parameter& parameter : tree.parameters) {
      const bool is_origin = origin != kNoValue && parameter.path == recorded.values[origin].name;
      if (!is_origin && parameter.site != index) continue;
      site.zero_codes = zero_codes(parameter.source, *site.qparams, device);
      write_back(recorded, site, &parameter);
    }
    if (!site.raised.empty()) sites.insert(index);
  }
  return sites;
}

std::string raised_line(const Site& site) {
  std::vector<int64_t> channels;
  for (const RaisedScale& one : site.raised) {
    if (one.channel >= 0) channels.push_back(one.channel);
  }
  return fmt::format("the scale of {}{} was raised so that bias {} fits its integer",
                     channels.empty() ? "" : channel_list(channels) + " of ", site.path,
                     site.raised.front().bias);
}

void require_weights_after_raise(const ModuleTree& tree, const std::set<int>& sites) {
  for (int index : sites) {
    const Site& site = tree.sites[index];
    if (!site.zero_codes.is_whole || site.qparams->axis >= 0) continue;
    throw_lost(site, "the weight",
               fmt::format("its one scale was raised from {:g} so that bias {} fits; give the weight a scale "
                           "for each channel (granularity \"channel\"), or set quantization.on_zero_codes to "
                           "\"warn\"",
                           site.raised.front().before, site.raised.front().bias));
  }
}

void require_weight(const Parameter& parameter, const Site& site, const std::string& scales_from) {
  if (!site.zero_codes.is_whole) return;
  throw_lost(
      site, "tensor " + parameter.path,
      fmt::format("check {}; leave the site in float (observer \"identity\"), or set "
                  "quantization.on_zero_codes to \"warn\" if {} values do not matter",
                  scales_from.empty() ? "the checkpoint" : "the scales of " + scales_from, parameter.path));
}

}  // namespace vernier::core
