#include "session/program_samples.h"

#include <fmt/format.h>

#include <algorithm>
#include <optional>
#include <set>

#include "program/phase_buffers.h"
#include "sweep/limits.h"
#include "text/with_note.h"
#include "vernier/core/error.h"

namespace vernier::core {

namespace {

// What a run of the phase holds at most where it stops: all buffers that outlive the phase, and those of its
// own that something still uses.
uint64_t held_bytes(const Program& program, const ProgramPhase& phase) {
  ScratchBytes scratch(program, phase);
  uint64_t most = 0;
  for (size_t i = 0; i < phase.steps.size(); ++i) {
    scratch.make(i);
    most = std::max(most, scratch.now());
    scratch.drop(i);
  }
  return staying_bytes(program) + most;
}

}  // namespace

struct ProgramSamples::Running {
  Running(OwnRequest request, Program made, const SampleRun::Places& places, const Model& model, Store& store)
      : own(std::move(request)),
        program(std::move(made)),
        units(program, model.services, model.tree, model.device, Reading::kFloat, &model.codes,
              &model.runners),
        run(own, program, places, units, model.services.control(), store) {}

  const OwnRequest own;
  const Program program;
  EntryUnits units;
  SampleRun run;
};

class ProgramSamples::Calls : public InputSource {
 public:
  Calls(std::shared_ptr<ProgramSamples> all, size_t unit) : all_(std::move(all)), unit_(unit) {}

  [[nodiscard]] uint64_t samples() const override { return calls().size(); }
  [[nodiscard]] std::vector<Tensor> sample(uint64_t index) const override {
    return all_->inputs(unit_, calls().at(index));
  }
  [[nodiscard]] std::vector<TensorType> types(uint64_t index) const override {
    return calls().at(index).types;
  }
  [[nodiscard]] std::string identity() const override {
    const RecipeProgram& program = all_->model_.program;
    return fmt::format("unit {} of program {} of plugin {} on requests {}",
                       program.made.program.units[unit_].name, program.made.name, program.made.plugin,
                       all_->requests_identity());
  }
  void made(uint64_t index, std::vector<Tensor> outputs) const override {
    all_->take(unit_, calls().at(index), std::move(outputs));
  }
  void release() const override { all_->release(unit_); }
  void limit(uint64_t most_bytes) const override { all_->limit(most_bytes); }

 private:
  [[nodiscard]] const std::vector<Call>& calls() const { return all_->calls_[unit_]; }

  const std::shared_ptr<ProgramSamples> all_;
  const size_t unit_;
};

template <typename Act>
void ProgramSamples::explained(uint64_t sample, const char* what, const Act& act) const {
  try {
    act();
  } catch (const Error& error) {
    if (error.is_stop()) throw;
    throw with_note(error, {fmt::format("calibration sample {} {}", sample, what), where_, {}});
  }
}

ProgramSamples::ProgramSamples(const Model& model, std::shared_ptr<const ProgramRequests> requests,
                               std::string where)
    : model_(model),
      requests_(std::move(requests)),
      where_(std::move(where)),
      is_for_tokens_(units_for_tokens_alone(model.program.made.program)),
      calls_(is_for_tokens_.size()),
      is_released_(is_for_tokens_.size()),
      store_(SweepLimits().store_bytes) {
  for (uint64_t sample = 0; sample < samples(); ++sample) {
    model_.services.control().check();
    explained(sample, "cannot run", [&] { count_calls(sample); });
  }
}

ProgramSamples::~ProgramSamples() = default;

size_t ProgramSamples::unit_of(const Program& program, size_t unit) const {
  const std::string& name = program.units[unit].name;
  const auto& places = model_.program.made.program.unit_places;
  const auto found = places.find(name);
  if (found == places.end())
    throw plugin_error(fmt::format("the program has a unit {} for a sample that it does not have for the "
                                   "recipe's profile",
                                   name),
                       program.source, "a longer sequence or other pictures change shapes alone");
  return found->second;
}

Program ProgramSamples::program_of(const OwnRequest& own) const {
  return calibration_of(remade(model_.program, model_.services, model_.hub, own.bindings()), own.prompt);
}

void ProgramSamples::count_calls(uint64_t sample) {
  const OwnRequest own = own_request(model_.program.made.program, requests_->sample(sample));
  const Program program = program_of(own);
  std::map<size_t, size_t> places;
  uint64_t most = 0;
  for (const ProgramPhase& phase : program.phases) {
    most = std::max(most, held_bytes(program, phase));
    const int64_t passes = phase.runs == PhaseRuns::kEachPicture ? own.pictures : 1;
    for (int64_t pass = 0; pass < passes; ++pass) {
      for (const ProgramStep& step : phase.steps) {
        if (!step.unit) continue;
        const size_t unit = unit_of(program, *step.unit);
        if (is_wanted(unit, phase.runs))
          calls_[unit].push_back({sample, places[unit]++, program.input_types(step)});
      }
    }
  }
  captured_.all += most;
  captured_.at_once = std::max(captured_.at_once, most);
}

uint64_t ProgramSamples::reaching(size_t unit) const {
  std::set<uint64_t> samples;
  for (const Call& call : calls_.at(unit)) samples.insert(call.sample);
  return samples.size();
}

std::vector<size_t> ProgramSamples::order() const {
  std::vector<size_t> order;
  std::vector<bool> is_there(calls_.size());
  const auto add = [&](size_t unit) {
    if (!is_there[unit]) order.push_back(unit);
    is_there[unit] = true;
  };
  for (const ProgramPhase& phase : model_.program.made.program.phases) {
    for (const ProgramStep& step : phase.steps) {
      if (step.unit && is_wanted(*step.unit, phase.runs)) add(*step.unit);
    }
  }
  for (size_t unit = 0; unit < calls_.size(); ++unit) add(unit);
  return order;
}

const std::string& ProgramSamples::requests_identity() {
  const std::lock_guard lock(mutex_);
  if (requests_identity_.empty()) requests_identity_ = requests_->identity();
  return requests_identity_;
}

std::unique_ptr<InputSource> ProgramSamples::of(size_t unit) {
  if (calls_.at(unit).empty())
    throw usage_error(
        fmt::format("no calibration sample reaches unit {}", model_.program.made.program.units[unit].name),
        where_,
        "add samples that do (with pictures, for the units of pictures), or change "
        "model.profile so that the program lacks the unit");
  return std::make_unique<Calls>(shared_from_this(), unit);
}

std::unique_ptr<ProgramSamples::Running> ProgramSamples::running(uint64_t sample) {
  OwnRequest own = own_request(model_.program.made.program, requests_->sample(sample));
  Program program = program_of(own);
  SampleRun::Places places;
  for (size_t unit = 0; unit < program.units.size(); ++unit) {
    places.unit.push_back(unit_of(program, unit));
    places.is_for_tokens.push_back(is_for_tokens_[places.unit.back()]);
  }
  return std::make_unique<Running>(std::move(own), std::move(program), places, model_, store_);
}

std::vector<Tensor> ProgramSamples::inputs(size_t unit, const Call& call) {
  const std::lock_guard lock(mutex_);
  const SampleCall wanted{unit, call.place};
  std::optional<std::vector<Tensor>> result;
  explained(call.sample, "fails", [&] {
    std::unique_ptr<Running>& one = running_[call.sample];
    if (one != nullptr) result = one->run.inputs(wanted);
    if (result) return;
    one.reset();
    one = running(call.sample);
    result = one->run.inputs(wanted);
  });
  return std::move(*result);
}

void ProgramSamples::take(size_t unit, const Call& call, std::vector<Tensor> outputs) {
  const std::lock_guard lock(mutex_);
  const auto found = running_.find(call.sample);
  if (found == running_.end() || found->second == nullptr) return;
  SampleRun& run = found->second->run;
  if (run.at() != SampleCall{unit, call.place}) return;  // it ran that itself
  explained(call.sample, "fails", [&] { run.give(std::move(outputs)); });
}

void ProgramSamples::limit(uint64_t most_bytes) {
  const std::lock_guard lock(mutex_);
  store_.limit(most_bytes);
}

void ProgramSamples::release(size_t unit) {
  const std::lock_guard lock(mutex_);
  is_released_[unit] = true;
  for (const auto& [sample, one] : running_) {
    if (one != nullptr) one->run.forget(unit);
  }
  if (std::ranges::find(is_released_, false) == is_released_.end()) running_.clear();
}

}  // namespace vernier::core
