#include "session/memory_plan.h"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <nlohmann/json.hpp>
#include <optional>
#include <set>
#include <span>

#include "calibration/weight_observer.h"
#include "interpreter/constant_evaluator.h"
#include "interpreter/kept_codes.h"
#include "report/site_statistics.h"
#include "session/lane_constants.h"
#include "session/program_memory.h"
#include "session/unit_outputs.h"
#include "session/waiting_values.h"
#include "sweep/plan_sweep.h"
#include "tensor/memory_blocks.h"
#include "trace/traces.h"
#include "vernier/core/error.h"

namespace vernier::core {

namespace {

// Threads' stacks, what kernels take while they run, the heap of small things: measured, tests/bench/memory.
constexpr uint64_t kBeside = uint64_t{25} << 20;
// Between the smallest limit and the usual need, what sweeps may keep is chosen so that so much is left for
// holes in the heap.
constexpr uint64_t kRoom = uint64_t{16} << 20;
// An interpreter's instruction with its arguments: measured, as above.
constexpr uint64_t kCompiledNode = 512;
// Shapes beyond so many are planned as the smallest of these, the largest ones.
constexpr size_t kMostShapes = 8;

uint64_t elements_of(const std::vector<TensorType>& types) {
  uint64_t sum = 0;
  for (const TensorType& type : types) sum += static_cast<uint64_t>(element_count(type.shape));
  return sum;
}

// What later units want of a unit, in one lane.
uint64_t left_by(const UnitOutputs& outputs, const Graph& graph) {
  uint64_t sum = 0;
  for (const size_t output : outputs.wanted()) sum += value_bytes(graph.values[graph.outputs.at(output)]);
  return sum * outputs.wanted_samples();
}

uint64_t bytes_of(const std::vector<TensorType>& types) {
  uint64_t sum = 0;
  for (const TensorType& type : types)
    sum += type.dtype.bytes(static_cast<uint64_t>(element_count(type.shape)));
  return sum;
}

struct Shapes {
  std::vector<TensorType> types;
  uint64_t samples = 0;
  uint64_t in_a_row = 0;  // at most
};

// The shapes that samples of a source have, the largest first.
std::vector<Shapes> shapes_of(const InputSource& source) {
  std::vector<Shapes> all;
  uint64_t run = 0;
  std::vector<TensorType> last;
  for (uint64_t index = 0; index < source.samples(); ++index) {
    std::vector<TensorType> types = source.types(index);
    run = index > 0 && types == last ? run + 1 : 1;
    auto found = std::ranges::find(all, types, &Shapes::types);
    if (found == all.end()) found = all.insert(all.end(), Shapes{types, 0, 0});
    ++found->samples;
    found->in_a_row = std::max(found->in_a_row, run);
    last = std::move(types);
  }
  std::ranges::stable_sort(all, [](const Shapes& one, const Shapes& other) {
    return elements_of(one.types) > elements_of(other.types);
  });
  for (; all.size() > kMostShapes; all.pop_back()) all[kMostShapes - 1].samples += all.back().samples;
  return all;
}

class Planner {
 public:
  Planner(const Prepared& p, const std::vector<std::unique_ptr<Unit>>& units, bool keeps_outputs)
      : p_(p), units_(units), keeps_outputs_(keeps_outputs), lanes_(lane_constants(*p.tree)) {
    for (const auto& unit : units) {
      calibration_.push_back(shapes_of(*unit->calibration));
      evaluation_.push_back(shapes_of(*unit->evaluation));
    }
    for (const Parameter& parameter : p.tree->parameters) {
      const uint64_t bytes = parameter.source.bytes();
      if (parameter.is_computed() && bytes < kScratchBytes) computed_ += bytes;
    }
    codes_ = codes_read_whole();
    find_largest_weight();
    if (p.program) program_.emplace(p, units, keeps_outputs);
  }

  // Why a phase needs most, for a message; empty where its name says it.
  [[nodiscard]] std::string reason(const PhaseNeed& phase) const {
    if (std::string_view(phase.phase) != "observe_weights" || !is_seen_whole_) return {};
    return fmt::format("observer {} needs all of tensor {} in float32 at once: ",
                       p_.tree->sites[static_cast<size_t>(largest_weight_->site)].spec.observer,
                       largest_weight_->path);
  }

  [[nodiscard]] std::vector<PhaseNeed> phases(const SweepLimits& limits) const {
    PhaseNeed calibrate{"calibrate"}, evaluate{"evaluate"}, verify{"verify"};
    uint64_t calibrated = 0, evaluated = 0, outputs = 0;  // what units leave for later ones, and for a file
    for (size_t unit = 0; unit < units_.size(); ++unit) {
      calibrate.bytes = std::max(calibrate.bytes, calibration(unit, limits));
      evaluate.bytes = std::max(evaluate.bytes, evaluation(unit, limits));
      verify.bytes = std::max(verify.bytes, exact(unit));
      const Graph& graph = *units_[unit]->graph();
      calibrated += std::min(left_by(*units_[unit]->calibration_outputs, graph), limits.store_bytes);
      evaluated += std::min(2 * left_by(*units_[unit]->evaluation_outputs, graph), limits.store_bytes);
      if (keeps_outputs_) outputs += kept_outputs(unit);
    }
    calibrate.bytes += calibrated;
    evaluate.bytes += evaluated + outputs;
    if (program_) {
      const uint64_t kept = program_->kept_scores(limits);
      calibrate.bytes = std::max(calibrate.bytes + program_->awake(), program_->running()) +
                        program_->waiting(limits) + compiled();
      evaluate.bytes = program_->evaluation() + kept + compiled();
      verify.bytes = program_->execution();
      outputs = kept;
    }
    const uint64_t codes = std::min(codes_, KeptCodes::kMostBytes);
    const bool is_run = program_ ? program_->is_executed()
                                 : std::ranges::any_of(p_.recipe.exports, [](const RecipeExport& one) {
                                     return one.verify.has_value();
                                   });
    const bool observes = p_.recipe.quantization.from.empty();
    std::vector<PhaseNeed> all = {{"observe_weights", weight_bytes_}, calibrate};
    if (!observes) all = {{"convert", pieces_of_weights()}};
    evaluate.bytes += codes;
    all.push_back(evaluate);
    if (!p_.recipe.exports.empty()) all.push_back({"export", codes + outputs});
    if (is_run) all.push_back({"verify", verify.bytes + codes + outputs});
    all.push_back({"report", std::max(statistics(), account()) + codes + outputs});
    for (PhaseNeed& one : all) one.bytes += computed_;
    return all;
  }

 private:
  // `stack`: samples at once.
  [[nodiscard]] std::vector<SweptGraph> graphs(const Unit& unit, const std::vector<Shapes>& shapes,
                                               uint64_t stack,
                                               std::vector<std::shared_ptr<const Graph>>& kept) const {
    std::vector<SweptGraph> result;
    for (const Shapes& one : shapes) {
      kept.push_back(unit.runner->graph(one.types));
      result.push_back({kept.back().get(), one.samples, std::min(stack, one.in_a_row)});
    }
    return result;
  }

  [[nodiscard]] uint64_t calibration(size_t index, const SweepLimits& limits) const {
    const Unit& unit = *units_[index];
    const std::vector<Shapes>& shapes = calibration_[index];
    std::vector<std::shared_ptr<const Graph>> kept;
    const uint64_t stack = unit.recipe->calibration.batch_size;
    const SweepNeed need = plan_sweep(graphs(unit, shapes, stack, kept), std::span(lanes_).first(1), limits);
    // A stack is read before it is stacked, and the sample after it to see whether it belongs there.
    uint64_t reading = 0, ahead = 0;
    for (const Shapes& one : shapes) {
      const uint64_t stacked = std::min(stack, one.in_a_row), bytes = bytes_of(one.types);
      if (stack > 1) ahead = std::max(ahead, bytes);
      reading = std::max(reading, (stacked > 1 ? 2 * stacked + 1 : 1) * bytes);
    }
    return std::max(need.memory(), need.constants + need.stored + reading) + ahead;
  }

  [[nodiscard]] uint64_t evaluation(size_t index, const SweepLimits& limits) const {
    const Unit& unit = *units_[index];
    std::vector<std::shared_ptr<const Graph>> kept;
    std::vector<SweptGraph> swept = graphs(unit, evaluation_[index], 1, kept);
    uint64_t waiting = 0;
    for (SweptGraph& one : swept) {
      Waiting own = waiting_of(*one.graph);
      waiting = std::max(waiting, own.bytes);
      one.held_inputs = std::move(own.inputs);
    }
    return plan_sweep(swept, lanes_, limits).memory() + waiting;
  }

  // Graphs that are ready to run and kept, for all shapes of all units: what the heap takes of them.
  [[nodiscard]] uint64_t compiled() const {
    uint64_t nodes = 0;
    for (const auto& unit : units_)
      nodes += unit->graph()->nodes.size() * std::min<size_t>(unit->shapes.size(), Traces::kKept);
    return nodes * kCompiledNode;
  }

  // Of both runs of all evaluation samples, in the heap where they are small.
  [[nodiscard]] uint64_t kept_outputs(size_t index) const {
    uint64_t sum = 0;
    for (const Shapes& one : evaluation_[index]) {
      const std::shared_ptr<const Graph> graph = units_[index]->runner->graph(one.types);
      for (const ValueIndex output : graph->outputs) {
        const uint64_t bytes = value_bytes(graph->values[output]);
        sum += 2 * one.samples * (bytes + (bytes < MemoryBlocks::kSmallest ? heap_holes(bytes) : 0));
      }
    }
    return sum;
  }

  // What an executed file is compared with: all values of one sample, in float64.
  [[nodiscard]] uint64_t exact(size_t index) const {
    const Graph& graph = *units_[index]->graph();
    uint64_t values = 0, constant = 0;
    for (const GraphValue& value : graph.values) {
      if (value.kind == ValueKind::kConstant)
        constant = std::max(constant, kFloat64.bytes(static_cast<uint64_t>(element_count(value.shape))));
      else
        values += value.dtype == kFloat32 ? 2 * value_bytes(value) : value_bytes(value);
    }
    return values + constant;
  }

  // Parameters whose values are counted, one a thread: rows of it, as floats, and rounded.
  [[nodiscard]] uint64_t statistics() const {
    uint64_t largest_one = 0, count = 0;
    for (const Parameter& one : p_.tree->parameters) {
      if (one.site < 0) continue;
      ++count;
      const auto elements = static_cast<uint64_t>(std::min(one.source.elements(), kWeightElements));
      largest_one = std::max(largest_one, one.source.dtype.bytes(elements) + 2 * kFloat32.bytes(elements));
    }
    return std::min<uint64_t>(count, static_cast<uint64_t>(p_.pool->threads())) * largest_one;
  }

  // Scales and zero points on their way into qparams.json.
  [[nodiscard]] uint64_t account() const {
    uint64_t channels = 0;
    for (const Parameter& one : p_.tree->parameters) {
      if (one.site < 0) continue;
      const Spec& spec = p_.tree->sites[static_cast<size_t>(one.site)].spec;
      const auto elements = static_cast<uint64_t>(one.source.elements());
      if (spec.granularity == Granularity::kChannel)
        channels += static_cast<uint64_t>(one.source.shape[static_cast<size_t>(spec.axis)]);
      else if (spec.block_size > 0)
        channels += elements / static_cast<uint64_t>(spec.block_size);
    }
    return channels * 2 * sizeof(nlohmann::json);
  }

  // Weights that are only looked at, whatever their observers want.
  [[nodiscard]] uint64_t pieces_of_weights() const {
    const uint64_t pieces =
        WeightObserver::kPiece * sizeof(float) * static_cast<uint64_t>(p_.pool->threads());
    return std::min(weight_bytes_, pieces);
  }

  // Of all units' weights that ops read whole.
  [[nodiscard]] uint64_t codes_read_whole() const {
    std::set<int32_t> seen;
    uint64_t sum = 0;
    for (const auto& unit : units_) {
      const std::shared_ptr<const Graph> graph = unit->graph();
      for (const GraphNode& node : graph->nodes) {
        for (const ValueIndex value : whole_constants(*graph, node)) {
          const int32_t place = graph->values[value].parameter;
          const Parameter& one = p_.tree->parameters.at(static_cast<size_t>(place));
          if (one.site < 0 || !seen.insert(place).second) continue;
          const DType dtype = p_.tree->sites[static_cast<size_t>(one.site)].spec.dtype;
          sum += dtype.bytes(static_cast<uint64_t>(one.source.elements()));
        }
      }
    }
    return sum;
  }

  // By what observers need of weights at once, on all threads where they see pieces.
  void find_largest_weight() {
    for (const Parameter& one : p_.tree->parameters) {
      if (one.site < 0) continue;
      const Spec& spec = p_.tree->sites[static_cast<size_t>(one.site)].spec;
      const uint64_t floats = WeightObserver::float_bytes(p_.hub->observer(spec.observer), spec, one.source);
      const bool is_piece = floats <= WeightObserver::kPiece * sizeof(float);
      const uint64_t bytes = is_piece ? floats * static_cast<uint64_t>(p_.pool->threads()) : floats;
      if (bytes <= weight_bytes_) continue;
      largest_weight_ = &one;
      weight_bytes_ = bytes;
      is_seen_whole_ = !is_piece;
    }
  }

  const Prepared& p_;
  const std::vector<std::unique_ptr<Unit>>& units_;
  const bool keeps_outputs_;
  const std::array<ConstantBytes, 2> lanes_;
  std::optional<ProgramMemory> program_;                       // of a recipe with one
  std::vector<std::vector<Shapes>> calibration_, evaluation_;  // by unit
  uint64_t computed_ = 0;  // constants that forwards make, in memory for the whole run
  uint64_t codes_ = 0;
  const Parameter* largest_weight_ = nullptr;  // of those that observers see as another dtype than they have
  uint64_t weight_bytes_ = 0;                  // what its observer needs at once
  bool is_seen_whole_ = false;                 // not in pieces
};

const PhaseNeed& largest(const std::vector<PhaseNeed>& phases) {
  return *std::ranges::max_element(phases, {}, &PhaseNeed::bytes);
}

}  // namespace

uint64_t MemoryPlan::predicted() const { return base + largest(phases).bytes + kBeside; }

nlohmann::json MemoryPlan::to_json() const {
  nlohmann::json rows = nlohmann::json::object();
  for (const PhaseNeed& one : phases) rows[one.phase] = one.bytes;
  return {
      {"predicted_bytes", predicted()}, {"smallest_bytes", smallest}, {"base_bytes", base}, {"phases", rows}};
}

MemoryPlan plan_memory(const Prepared& p, const std::vector<std::unique_ptr<Unit>>& units, bool keeps_outputs,
                       uint64_t base, uint64_t slack) {
  const Planner planner(p, units, keeps_outputs);
  MemoryPlan plan{base, {}, 0, {}};
  plan.phases = planner.phases(plan.limits);
  MemoryPlan least{base, {}, 0, {0, 0}};
  least.phases = planner.phases(least.limits);
  // kBeside was measured with sweeps that keep what they may, and holds what blocks keep then.
  const uint64_t smallest = plan.smallest = least.smallest =
      std::min(plan.predicted(), least.predicted() + MemoryBlocks::kSlack);
  const uint64_t limit = p.recipe.runtime.max_memory;
  if (limit != 0 && limit + slack < smallest) {
    const PhaseNeed& most = largest(least.phases);
    const std::string why = planner.reason(most);
    throw usage_error(
        fmt::format("{}the run needs about {} MiB ({} needs most), runtime.max_memory allows {} MiB", why,
                    (smallest >> 20) + 1, most.phase, limit >> 20),
        p.recipe.where("/runtime/max_memory"),
        fmt::format("set it to {}MiB or more{}", (smallest >> 20) + 1,
                    why.empty() ? ", lower calibration.batch_size, or quantize a smaller module"
                                : ", or take an observer that sees a tensor in pieces (minmax)"));
  }
  while (limit != 0 && plan.predicted() + kRoom > limit) {
    if (plan.limits.constant_bytes + plan.limits.store_bytes < (uint64_t{1} << 20)) return least;
    plan.limits = {plan.limits.constant_bytes / 2, plan.limits.store_bytes / 2};
    plan.phases = planner.phases(plan.limits);
  }
  return plan;
}

}  // namespace vernier::core
