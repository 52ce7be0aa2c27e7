#include "session/program_memory.h"

#include <algorithm>

#include "session/lane_constants.h"
#include "session/recipe_program.h"
#include "sweep/plan_sweep.h"
#include "tensor/memory_blocks.h"

namespace vernier::core {

namespace {

// Buffers of a folder hold codes of so many bytes at most.
constexpr uint64_t kCodeBytes = 2;

uint64_t code_bytes(const ProgramBuffer& buffer) {
  const auto elements = static_cast<uint64_t>(element_count(buffer.shape));
  return buffer.dtype == kFloat32 ? kCodeBytes * elements : buffer.bytes();
}

uint64_t elements_of_inputs(const std::vector<TensorType>& types) {
  uint64_t sum = 0;
  for (const TensorType& type : types) sum += static_cast<uint64_t>(element_count(type.shape));
  return sum;
}

// Of the unit's calls in calibration, the one with the largest inputs; nothing without calls.
std::optional<std::vector<TensorType>> largest_call(const Unit& unit) {
  std::optional<std::vector<TensorType>> largest;
  for (uint64_t index = 0; index < unit.calibration->samples(); ++index) {
    std::vector<TensorType> types = unit.calibration->types(index);
    if (!largest || elements_of_inputs(types) > elements_of_inputs(*largest)) largest = std::move(types);
  }
  return largest;
}

}  // namespace

ProgramMemory::ProgramMemory(const Prepared& p, const std::vector<std::unique_ptr<Unit>>& units,
                             bool keeps_outputs)
    : p_(p), units_(units), executed_(p.program->executed_samples(p.recipe)), running_(running_a_sample()) {
  count_scores(keeps_outputs ? p.program->evaluation->samples() : executed_);
}

void ProgramMemory::count_scores(uint64_t samples) {
  const Program& program = p_.program->made.program;
  const uint64_t row = program.buffers[program.generation->logits].bytes();
  is_small_ = row < MemoryBlocks::kSmallest;
  for (uint64_t index = 0; index < samples; ++index) {
    const auto rows = std::max<uint64_t>(p_.program->evaluation->sample(index).answer.size(), 1);
    scores_ += 2 * rows * row;
    most_of_scores_ = std::max(most_of_scores_, 2 * rows * row);
  }
}

// A unit's values and one constant at a time, and beside them what the sample holds.
uint64_t ProgramMemory::running_a_sample() const {
  const std::array<ConstantBytes, 2> lanes = lane_constants(*p_.tree);
  uint64_t live = 0;
  for (const auto& unit : units_) {
    const auto types = largest_call(*unit);
    if (!types) return 0;
    const std::shared_ptr<const Graph> graph = unit->runner->graph(*types);
    const std::vector<SweptGraph> swept = {{graph.get(), 1, 1}};
    live = std::max(live, plan_sweep(swept, std::span(lanes).first(1), {0, 0}).memory());
  }
  return live + awake();
}

uint64_t ProgramMemory::awake() const { return p_.program->captured.at_once; }

uint64_t ProgramMemory::waiting(const SweepLimits& limits) const {
  return std::min(p_.program->captured.all, limits.store_bytes);
}

uint64_t ProgramMemory::evaluation() const {
  return std::max(p_.program->observed, p_.program->evaluated + most_of_scores_);
}

uint64_t ProgramMemory::kept_scores(const SweepLimits& limits) const {
  const uint64_t kept = std::min(scores_, limits.store_bytes);
  return kept + (is_small_ ? heap_holes(kept) : 0);
}

// What passes between files, of all passes: an input is what another step wrote.
uint64_t ProgramMemory::golden() const {
  const RecipeProgram& recipe = *p_.program;
  const Program& program = recipe.made.program;
  uint64_t once = 0, each_token = 0, sum = 0;
  for (const ProgramPhase& phase : program.phases) {
    for (const ProgramStep& step : phase.steps) {
      for (const Wire& wire : step.outputs)
        (phase.runs == PhaseRuns::kEachToken ? each_token : once) += code_bytes(program.buffers[wire.buffer]);
    }
  }
  const auto requests = std::min(static_cast<uint64_t>(recipe.verify->golden), executed_);
  for (uint64_t index = 0; index < requests; ++index)
    sum += once + recipe.evaluation->sample(index).answer.size() * each_token;
  return std::min(sum, RecipeProgram::kMostGoldenBytes);
}

uint64_t ProgramMemory::execution() const {
  if (!is_executed()) return 0;
  uint64_t buffers = 0;
  for (const ProgramBuffer& buffer : p_.program->made.program.buffers) buffers += code_bytes(buffer);
  return buffers + 2 * most_of_scores_ + golden();
}

}  // namespace vernier::core
