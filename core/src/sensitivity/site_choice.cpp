#include "sensitivity/site_choice.h"

#include "sweep/segments.h"

namespace vernier::core {

SiteQParams qparams_of(const ModuleTree& tree) {
  SiteQParams found;
  found.reserve(tree.sites.size());
  for (const Site& site : tree.sites)
    found.push_back(site.qparams && !site.qparams->is_float ? &*site.qparams : nullptr);
  return found;
}

SiteChoice::SiteChoice(const ModuleTree& tree, Device& device, uint64_t most_bytes)
    : tree_(tree), device_(device), most_bytes_(most_bytes), sites_(tree.sites.size(), nullptr) {
  float_.is_float = true;
}

void SiteChoice::reads(const Graph& graph) {
  for (const GraphNode& node : graph.nodes) {
    for (const ValueIndex constant : whole_constants(graph, node))
      whole_.insert(graph.values[constant].parameter);
  }
}

ConstantData SiteChoice::constant(const GraphValue& value) const {
  const Parameter& parameter = tree_.parameters.at(static_cast<size_t>(value.parameter));
  const Tensor& source = parameter.source;
  const QParams* qparams = parameter.site < 0 ? nullptr : sites_[static_cast<size_t>(parameter.site)];
  const bool is_float = !source.dtype.is_integer() && source.dtype != kBool;
  const bool is_as_it_lies = !is_float || (qparams == nullptr && source.dtype == kFloat32);
  if (is_as_it_lies || !whole_.contains(value.parameter)) return {source, qparams, nullptr};
  const std::pair<int32_t, const QParams*> key{value.parameter, qparams};
  if (const auto found = kept_.find(key); found != kept_.end()) return {found->second, nullptr, nullptr};
  const uint64_t bytes = kFloat32.bytes(static_cast<uint64_t>(source.elements()));
  if (bytes > most_bytes_ - kept_bytes_) return {source, qparams, nullptr};
  Tensor made = qparams != nullptr ? device_.through_codes(source, *qparams)
                                   : device_.widen(source, all_rows(source), kFloat32);
  kept_bytes_ += bytes;
  return {kept_.emplace(key, std::move(made)).first->second, nullptr, nullptr};
}

const QParams& SiteChoice::qparams(const GraphNode& site) const {
  const QParams* chosen = sites_.at(static_cast<size_t>(site.site));
  return chosen == nullptr ? float_ : *chosen;
}

}  // namespace vernier::core
