// Runs in which some sites are quantized and others are not: the qparams that a graph's sites have are chosen
// site by site, whatever the tree's own are.
#pragma once

#include <cstdint>
#include <map>
#include <set>
#include <utility>
#include <vector>

#include "device/device.h"
#include "interpreter/interpreter.h"
#include "module/module_tree.h"

namespace vernier::core {

// By site of the tree; null: the site is float.
using SiteQParams = std::vector<const QParams*>;

// Those that the tree's sites have; null where one is float, or has none.
[[nodiscard]] SiteQParams qparams_of(const ModuleTree& tree);

// What graphs of a tree are run on, in Reading::kQuantize. Constants that go through their codes are kept in
// float, so that the next run with the same qparams reads them as they are. [one thread at a time]
class SiteChoice : public GraphData {
 public:
  // `tree` and `device` must outlive this, and so must the qparams that are chosen. Kept constants take at
  // most `most_bytes`; others are made by each reader.
  SiteChoice(const ModuleTree& tree, Device& device, uint64_t most_bytes);

  // Constants that the graph reads whole may be kept from now on; tables read by rows never are.
  void reads(const Graph& graph);
  void choose(SiteQParams sites) { sites_ = std::move(sites); }
  void choose(int site, const QParams* qparams) { sites_[static_cast<size_t>(site)] = qparams; }

  [[nodiscard]] ConstantData constant(const GraphValue& value) const override;
  [[nodiscard]] const QParams& qparams(const GraphNode& site) const override;
  // Of the constants that are kept.
  [[nodiscard]] uint64_t kept_bytes() const { return kept_bytes_; }

 private:
  const ModuleTree& tree_;
  Device& device_;
  const uint64_t most_bytes_;
  QParams float_;
  SiteQParams sites_;
  std::set<int32_t> whole_;  // parameters
  mutable std::map<std::pair<int32_t, const QParams*>, Tensor> kept_;
  mutable uint64_t kept_bytes_ = 0;
};

}  // namespace vernier::core
