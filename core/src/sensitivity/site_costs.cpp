#include "sensitivity/site_costs.h"

#include <algorithm>
#include <numeric>

namespace vernier::core {

SiteCosts::Runs& SiteCosts::runs(const CompiledGraph& compiled) {
  std::unique_ptr<Runs>& found = runs_[compiled.graph.get()];
  if (found == nullptr) {
    choice_.reads(*compiled.graph);
    found = std::make_unique<Runs>(Runs{compiled, Interpreter(*compiled.graph, choice_, device_, control_),
                                        site_uses(tree_, *compiled.graph)});
  }
  return *found;
}

SiteUse SiteCosts::use_of(const Runs& runs, const CostRow& row) {
  SiteUse use;
  for (const int site : row.sites) use.add(runs.uses[static_cast<size_t>(site)]);
  return use;
}

std::vector<Tensor> SiteCosts::run(const CompiledGraph& compiled, std::span<const Tensor> inputs,
                                   const SiteQParams& sites) {
  choice_.choose(sites);
  return runs(compiled).interpreter.run(Reading::kQuantize, inputs);
}

void SiteCosts::add(const CompiledGraph& compiled, std::span<const Tensor> inputs, const SiteQParams& base,
                    const SiteQParams& other, std::span<CostRow> rows, Metrics* of_base,
                    const Progress& progress) {
  Runs& with = runs(compiled);
  const std::vector<Tensor> reference = run(compiled, inputs, SiteQParams(tree_.sites.size(), nullptr));
  const auto end = static_cast<uint32_t>(compiled.graph->nodes.size());
  std::vector<SiteUse> uses;
  for (const CostRow& row : rows) uses.push_back(use_of(with, row));
  std::vector<size_t> order(rows.size());
  std::iota(order.begin(), order.end(), 0);
  std::ranges::stable_sort(order, {}, [&](size_t row) { return uses[row].first; });

  choice_.choose(base);
  std::vector<Tensor> values;
  with.interpreter.begin(Reading::kQuantize, inputs, values);
  uint32_t here = 0;
  for (const size_t i : order) {
    if (uses[i].first != SiteUse::kUnused) {
      with.interpreter.advance(Reading::kQuantize, here, uses[i].first, values);
      here = uses[i].first;
      for (const int site : rows[i].sites) choice_.choose(site, other[static_cast<size_t>(site)]);
      std::vector<Tensor> branch = values;
      with.interpreter.advance(Reading::kQuantize, here, end, branch);
      rows[i].metrics.add_outputs(reference, with.interpreter.finish(Reading::kQuantize, branch));
      for (const int site : rows[i].sites) choice_.choose(site, base[static_cast<size_t>(site)]);
    }
    progress();
  }
  if (of_base == nullptr) return;
  with.interpreter.advance(Reading::kQuantize, here, end, values);
  of_base->add_outputs(reference, with.interpreter.finish(Reading::kQuantize, values));
}

}  // namespace vernier::core
