#include "session/program_peak.h"

#include <algorithm>
#include <set>

#include "graph/live_bytes.h"
#include "report/site_statistics.h"
#include "session/lane_constants.h"
#include "sweep/plan_sweep.h"

namespace vernier::core {

namespace {

uint64_t size_of(const ProgramBuffer& buffer) {
  return buffer.dtype.bytes(static_cast<uint64_t>(element_count(buffer.shape)));
}

bool runs(const ProgramPhase& phase, RunPhases phases) {
  if (phase.runs == PhaseRuns::kEachPicture) return phases.pictures;
  return phase.runs == PhaseRuns::kOnce || phases.tokens;
}

// By buffer: the last step of the phase that uses it.
std::map<size_t, size_t> last_uses(const ProgramPhase& phase) {
  std::map<size_t, size_t> last;
  for (size_t i = 0; i < phase.steps.size(); ++i) {
    for (const auto* wires : {&phase.steps[i].inputs, &phase.steps[i].outputs}) {
      for (const Wire& wire : *wires) last[wire.buffer] = i;
    }
  }
  return last;
}

// Values at sites that statistics hold, as they come by.
class HeldValues {
 public:
  explicit HeldValues(size_t buffers) : is_held_(buffers) {}

  void run(const Graph& graph, const ProgramStep& step) {
    const LiveBytes live(graph, true);  // a site hands its value on in float
    std::set<ValueIndex> roots;
    for (const GraphNode& node : graph.nodes) {
      if (node.op != "fake_quantize") continue;
      const uint64_t bytes = value_bytes(graph.values[node.outputs[0]]);
      if (counted_ + bytes > StatisticsCollector::kHeldBytes) continue;
      counted_ += bytes;
      const ValueIndex root = live.root(node.outputs[0]);
      if (graph.values[root].kind == ValueKind::kConstant || !roots.insert(root).second) continue;
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
  uint64_t staying = 0, most = 0;
  for (const ProgramBuffer& buffer : program_.buffers) {
    if (buffer.role != BufferRole::kScratch) staying += size_of(buffer);
  }
  for (const ProgramPhase& phase : program_.phases) {
    if (!runs(phase, phases)) continue;
    const std::map<size_t, size_t> last = last_uses(phase);
    std::set<size_t> there;
    uint64_t scratch = 0;
    for (size_t i = 0; i < phase.steps.size(); ++i) {
      const ProgramStep& step = phase.steps[i];
      if (step.unit) most = std::max(most, scratch + unit(step));
      for (const Wire& wire : step.outputs) {
        const ProgramBuffer& buffer = program_.buffers[wire.buffer];
        if (buffer.role == BufferRole::kScratch && there.insert(wire.buffer).second)
          scratch += size_of(buffer);
      }
      most = std::max(most, scratch);
      std::erase_if(there, [&](size_t buffer) {
        if (last.at(buffer) != i) return false;
        scratch -= size_of(program_.buffers[buffer]);
        return true;
      });
    }
  }
  return staying + most;
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
