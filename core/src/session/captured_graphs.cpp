#include "session/captured_graphs.h"

#include <algorithm>

#include "session/recipe_program.h"
#include "trace/with_qparams.h"
#include "vernier/core/error.h"

namespace vernier::core {

namespace {

void name_inputs(Graph& graph, const ProgramUnit& unit) {
  if (unit.written.empty()) return;
  const std::vector<std::string> names = unit.written_inputs();
  for (size_t i = 0; i < names.size(); ++i) graph.values[graph.inputs.at(i)].name = names[i];
}

}  // namespace

CapturedGraphs::CapturedGraphs(Pipeline& run, std::span<const Graph> recorded) : run_(run) {
  for (size_t i = 0; i < run.p.recipe.exports.size(); ++i) {
    const ProfileLowering& lowering = run.p.lowerings[i];
    for (const size_t unit : run.p.recipe.exports[i].units) {
      if (find(i, unit) != nullptr) continue;
      const bool is_open = run.p.recipe.exports[i].open.has_value();
      Graph graph =
          is_open ? with_qparams(run.open_trace(i), *run.p.tree, QParamsOf::kConversion) : recorded[unit];
      if (run.p.program) name_inputs(graph, run.p.program->made.program.units[unit]);
      made_.push_back({unit, is_open ? std::optional(i) : std::nullopt, &lowering,
                       std::make_unique<CapturedGraph>(graph, *run.p.tree, *run.device, lowering,
                                                       run.control(), run.kept_codes.get())});
    }
  }
}

const CapturedGraph* CapturedGraphs::find(size_t exported, size_t unit) const {
  const ProfileLowering& lowering = run_.p.lowerings.at(exported);
  const bool is_open = run_.p.recipe.exports.at(exported).open.has_value();
  const auto found = std::ranges::find_if(made_, [&](const Made& one) {
    return one.unit == unit && one.open == (is_open ? std::optional(exported) : std::nullopt) &&
           *one.lowering == lowering;
  });
  return found == made_.end() ? nullptr : found->graph.get();
}

const CapturedGraph& CapturedGraphs::of(size_t exported, size_t unit) const {
  const CapturedGraph* found = find(exported, unit);
  if (found == nullptr) throw internal_error("the export has no such unit");
  return *found;
}

const CapturedGraph* CapturedGraphs::first_of(size_t unit) const {
  const auto found = std::ranges::find(made_, unit, &Made::unit);
  return found == made_.end() ? nullptr : found->graph.get();
}

}  // namespace vernier::core
