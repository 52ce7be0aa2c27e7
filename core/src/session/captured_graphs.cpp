#include "session/captured_graphs.h"

#include <algorithm>

#include "vernier/core/error.h"

namespace vernier::core {

CapturedGraphs::CapturedGraphs(const Pipeline& run, std::span<const Graph> recorded) : run_(run) {
  for (size_t i = 0; i < run.p.recipe.exports.size(); ++i) {
    const ProfileLowering& lowering = run.p.lowerings[i];
    for (const size_t unit : run.p.recipe.exports[i].units) {
      if (find(unit, lowering) != nullptr) continue;
      made_.push_back({unit, &lowering,
                       std::make_unique<CapturedGraph>(recorded[unit], *run.p.tree, *run.device, lowering,
                                                       run.control(), run.kept_codes.get())});
    }
  }
}

const CapturedGraph* CapturedGraphs::find(size_t unit, const ProfileLowering& lowering) const {
  const auto found = std::ranges::find_if(
      made_, [&](const Made& one) { return one.unit == unit && *one.lowering == lowering; });
  return found == made_.end() ? nullptr : found->graph.get();
}

const CapturedGraph& CapturedGraphs::of(size_t exported, size_t unit) const {
  const CapturedGraph* found = find(unit, run_.p.lowerings.at(exported));
  if (found == nullptr) throw internal_error("the export has no such unit");
  return *found;
}

const CapturedGraph* CapturedGraphs::first_of(size_t unit) const {
  const auto found = std::ranges::find(made_, unit, &Made::unit);
  return found == made_.end() ? nullptr : found->graph.get();
}

}  // namespace vernier::core
