#include "session/program_peak.h"

#include <algorithm>
#include <set>

#include "graph/live_bytes.h"
#include "program/phase_buffers.h"
#include "session/lane_constants.h"
#include "session/waiting_values.h"
#include "sweep/plan_sweep.h"

namespace vernier::core {

namespace {

bool runs(const ProgramPhase& phase, RunPhases phases) {
  if (phase.runs == PhaseRuns::kEachPicture) return phases.pictures;
  return phase.runs == PhaseRuns::kOnce || phases.tokens;
}

// Values at sites that statistics hold, as they come by.
class HeldValues {
 public:
  explicit HeldValues(size_t buffers) : is_held_(buffers) {}

  void run(const Graph& graph, const ProgramStep& step) {
    const LiveBytes live(graph, true);  // a site hands its value on in float
    std::set<ValueIndex> roots;
    for (const ValueIndex root : held_at_sites(graph, live, counted_)) {
      if (!roots.insert(root).second) continue;
      if (!is_there(graph, step, root)) bytes_ += value_bytes(graph.values[root]);
    }
    for (size_t i = 0; i < graph.outputs.size(); ++i) {
      if (roots.contains(live.root(graph.outputs[i]))) is_held_[step.outputs[i].buffer] = true;
    }
  }
  // What a scratch buffer holds in the next pass of a phase is another value.
  void begin_pass(const Program& program) {
    for (size_t i = 0; i < is_held_.size(); ++i)
      if (program.buffers[i].role == BufferRole::kScratch) is_held_[i] = false;
  }
  [[nodiscard]] uint64_t bytes() const { return bytes_; }

 private:
  // An input whose value is held since another unit gave or took it.
  bool is_there(const Graph& graph, const ProgramStep& step, ValueIndex root) {
    const auto found = std::ranges::find(graph.inputs, root);
    if (found == graph.inputs.end()) return false;
    std::vector<bool>::reference held =
        is_held_[step.inputs[static_cast<size_t>(found - graph.inputs.begin())].buffer];
    const bool before = held;
    held = true;
    return before;
  }

  std::vector<bool> is_held_;  // by buffer
  uint64_t counted_ = 0;       // as the limit counts, which knows no shared elements
  uint64_t bytes_ = 0;
};

}  // namespace

ProgramPeak::ProgramPeak(const Program& program, const ModuleTree& tree, GraphOf graph_of)
    : program_(program), tree_(tree), graph_of_(std::move(graph_of)) {}

uint64_t ProgramPeak::unit(const ProgramStep& step) {
  std::shared_ptr<const Graph> graph = graph_of_(step);
  const auto found = units_.find(graph);
  if (found != units_.end()) return found->second;
  const std::vector<SweptGraph> one = {{graph.get(), 1, 1, graph->inputs}};
  const uint64_t bytes = plan_sweep(one, lane_constants(tree_), {0, 0}).memory();
  units_.emplace(std::move(graph), bytes);
  return bytes;
}

uint64_t ProgramPeak::of(RunPhases phases) {
  uint64_t most = 0;
  for (const ProgramPhase& phase : program_.phases) {
    if (!runs(phase, phases)) continue;
    ScratchBytes scratch(program_, phase);
    for (size_t i = 0; i < phase.steps.size(); ++i) {
      if (phase.steps[i].unit) most = std::max(most, scratch.now() + unit(phase.steps[i]));
      scratch.make(i);
      most = std::max(most, scratch.now());
      scratch.drop(i);
    }
  }
  return staying_bytes(program_) + most;
}

uint64_t ProgramPeak::held(RunPhases phases, const std::vector<bool>& watched, int64_t pictures) const {
  HeldValues values(program_.buffers.size());
  for (const ProgramPhase& phase : program_.phases) {
    if (!runs(phase, phases)) continue;
    const int64_t passes = phase.runs == PhaseRuns::kEachPicture ? pictures : 1;
    for (int64_t pass = 0; pass < passes; ++pass) {
      values.begin_pass(program_);
      for (const ProgramStep& step : phase.steps) {
        if (step.unit && watched[*step.unit]) values.run(*graph_of_(step), step);
      }
    }
  }
  return values.bytes();
}

}  // namespace vernier::core
