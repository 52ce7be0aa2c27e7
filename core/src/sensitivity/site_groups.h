// Sites that are one: where a value reaches several sites with equal qparams, the second changes nothing that
// the first has not changed, and what one costs, all cost.
#pragma once

#include <cstdint>
#include <limits>
#include <memory>
#include <span>
#include <vector>

#include "graph/graph.h"
#include "module/module_tree.h"

namespace vernier::core {

struct SiteGroup {
  std::vector<int> sites;  // places in the tree, in the order of the forward; the first one is the cause
};

// Of the sites that these graphs of the tree quantize, in the order of the forward. Sites of one group: what
// one gives reaches the other as it is or through views (graph/views.h), and both have equal qparams; and
// sites that are tied. Sites that stay float are in none.
[[nodiscard]] std::vector<SiteGroup> site_groups(const ModuleTree& tree,
                                                 std::span<const std::shared_ptr<const Graph>> graphs);

// Where a graph uses a site: nodes [first, end), first being kUnused where it does not. A weight is used by
// the nodes that read its constant.
struct SiteUse {
  static constexpr uint32_t kUnused = std::numeric_limits<uint32_t>::max();
  uint32_t first = kUnused;
  uint32_t end = 0;

  void add(uint32_t node) {
    if (first == kUnused) first = node;
    end = node + 1;
  }
  void add(const SiteUse& other) {
    first = first < other.first ? first : other.first;
    end = end > other.end ? end : other.end;
  }
};

// By site of the tree.
[[nodiscard]] std::vector<SiteUse> site_uses(const ModuleTree& tree, const Graph& graph);

}  // namespace vernier::core
