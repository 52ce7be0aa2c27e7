#include "sensitivity/site_groups.h"

#include <algorithm>
#include <map>
#include <numeric>

#include "graph/views.h"

namespace vernier::core {

namespace {

class Joined {
 public:
  explicit Joined(size_t count) : parent_(count) { std::iota(parent_.begin(), parent_.end(), 0); }

  int root(int site) {
    int& up = parent_[static_cast<size_t>(site)];
    return up == site ? site : up = root(up);
  }
  void join(int a, int b) { parent_[static_cast<size_t>(root(b))] = root(a); }

 private:
  std::vector<int> parent_;
};

bool is_quantized(const ModuleTree& tree, int site) {
  const auto& qparams = tree.sites[static_cast<size_t>(site)].qparams;
  return qparams && !qparams->is_float;
}

// By value: the site whose grid it lies on, as it was made or through views; -1: none.
std::vector<int> last_sites(const Graph& graph, const ModuleTree& tree, Joined& joined) {
  std::vector<int> on(graph.values.size(), -1);
  for (const GraphNode& node : graph.nodes) {
    if (node.site >= 0) {
      const int before = on[node.inputs[0]];
      const auto& own = tree.sites[static_cast<size_t>(node.site)].qparams;
      if (!is_quantized(tree, node.site)) {
        on[node.outputs[0]] = before;
        continue;
      }
      if (before >= 0 && tree.sites[static_cast<size_t>(before)].qparams == own)
        joined.join(before, node.site);
      on[node.outputs[0]] = node.site;
    } else if (is_view(node) && node.inputs.size() == 1) {
      for (const ValueIndex output : node.outputs) on[output] = on[node.inputs[0]];
    }
  }
  return on;
}

}  // namespace

std::vector<SiteUse> site_uses(const ModuleTree& tree, const Graph& graph) {
  std::vector<SiteUse> uses(tree.sites.size());
  for (uint32_t i = 0; i < graph.nodes.size(); ++i) {
    const GraphNode& node = graph.nodes[i];
    if (node.site >= 0) uses[static_cast<size_t>(node.site)].add(i);
    for (const ValueIndex input : node.inputs) {
      if (input == kNoValue || graph.values[input].kind != ValueKind::kConstant) continue;
      const int32_t parameter = graph.values[input].parameter;
      const int site = parameter < 0 ? -1 : tree.parameters[static_cast<size_t>(parameter)].site;
      if (site >= 0) uses[static_cast<size_t>(site)].add(i);
    }
  }
  return uses;
}

std::vector<SiteGroup> site_groups(const ModuleTree& tree,
                                   std::span<const std::shared_ptr<const Graph>> graphs) {
  Joined joined(tree.sites.size());
  std::vector<int> order;  // sites that are used, as the forwards come to them
  std::vector<bool> is_there(tree.sites.size());
  for (const auto& graph : graphs) {
    (void)last_sites(*graph, tree, joined);
    const std::vector<SiteUse> uses = site_uses(tree, *graph);
    std::vector<int> here;
    for (size_t site = 0; site < uses.size(); ++site) {
      const bool is_new = uses[site].first != SiteUse::kUnused && !is_there[site];
      if (is_new && is_quantized(tree, static_cast<int>(site))) here.push_back(static_cast<int>(site));
    }
    std::ranges::stable_sort(here, {}, [&](int site) { return uses[static_cast<size_t>(site)].first; });
    for (const int site : here) is_there[static_cast<size_t>(site)] = true;
    order.insert(order.end(), here.begin(), here.end());
  }
  for (const int site : order) {
    const int owner = tree.sites[static_cast<size_t>(site)].tied_to;
    if (owner >= 0) joined.join(owner, site);
  }
  std::vector<SiteGroup> groups;
  std::map<int, size_t> places;  // by root
  for (const int site : order) {
    const auto [place, is_new] = places.try_emplace(joined.root(site), groups.size());
    if (is_new) groups.emplace_back();
    groups[place->second].sites.push_back(site);
  }
  return groups;
}

}  // namespace vernier::core
