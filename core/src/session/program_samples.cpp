#include "session/program_samples.h"

#include <fmt/format.h>

#include <algorithm>
#include <set>

#include "program/program_run.h"
#include "sweep/limits.h"
#include "text/with_note.h"
#include "vernier/core/error.h"

namespace vernier::core {

namespace {

// What keep() puts into the store: a buffer that several units read goes there once for each time that it is
// written.
class Captured {
 public:
  explicit Captured(const Program& program) : program_(program) {}

  void take(const ProgramStep& step) {
    for (const Wire& wire : step.inputs) {
      if (!kept_.insert({wire.buffer, written_[wire.buffer]}).second) continue;
      const TensorType type = program_.buffers[wire.buffer].type();
      bytes_ += type.dtype.bytes(static_cast<uint64_t>(element_count(type.shape)));
    }
  }
  void write(const ProgramStep& step) {
    for (const Wire& wire : step.outputs) ++written_[wire.buffer];
  }
  [[nodiscard]] uint64_t bytes() const { return bytes_; }

 private:
  const Program& program_;
  std::map<size_t, uint64_t> written_;  // by buffer: how often
  std::set<std::pair<size_t, uint64_t>> kept_;
  uint64_t bytes_ = 0;
};

}  // namespace

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
                       all_->requests_->identity());
  }
  void release() const override { all_->release(unit_); }
  void limit(uint64_t most_bytes) const override { all_->limit(most_bytes); }

 private:
  [[nodiscard]] const std::vector<Call>& calls() const { return all_->calls_[unit_]; }

  const std::shared_ptr<ProgramSamples> all_;
  const size_t unit_;
};

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
    try {
      count_calls(sample);
    } catch (const Error& error) {
      if (error.is_stop()) throw;
      throw with_note(error, {fmt::format("calibration sample {} cannot run", sample), where_, {}});
    }
  }
}

size_t ProgramSamples::unit_of(const Program& program, const ProgramStep& step) const {
  const std::string& name = program.units[*step.unit].name;
  const auto& places = model_.program.made.program.unit_places;
  const auto found = places.find(name);
  if (found == places.end())
    throw plugin_error(fmt::format("the program has a unit {} for a sample that it does not have for the "
                                   "recipe's profile",
                                   name),
                       program.source, "a longer sequence or other pictures change shapes alone");
  return found->second;
}

void ProgramSamples::count_calls(uint64_t sample) {
  const OwnRequest own = own_request(model_.program.made.program, requests_->sample(sample));
  const Program program = remade(model_.program, model_.services, model_.hub, own.bindings());
  count_calls(sample, prefill_of(program, own.prompt), false, own.pictures);
  count_calls(sample, program, true, own.pictures);
}

void ProgramSamples::count_calls(uint64_t sample, const Program& program, bool decodes, int64_t pictures) {
  std::map<size_t, size_t> places;
  Captured captured(program);
  for (const ProgramPhase& phase : program.phases) {
    if ((phase.runs == PhaseRuns::kEachToken) != decodes) continue;
    const int64_t passes = phase.runs == PhaseRuns::kEachPicture ? pictures : 1;
    for (int64_t pass = 0; pass < passes; ++pass) {
      for (const ProgramStep& step : phase.steps) {
        if (step.unit && is_wanted(unit_of(program, step), decodes)) {
          const size_t unit = unit_of(program, step);
          calls_[unit].push_back({sample, places[unit]++, program.input_types(step)});
          captured.take(step);
        }
        captured.write(step);
      }
    }
  }
  captured_.all += captured.bytes();
  captured_.at_once = std::max(captured_.at_once, captured.bytes());
}

uint64_t ProgramSamples::reaching(size_t unit) const {
  std::set<uint64_t> samples;
  for (const Call& call : calls_.at(unit)) samples.insert(call.sample);
  return samples.size();
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

std::vector<Tensor> ProgramSamples::inputs(size_t unit, const Call& call) {
  const std::lock_guard lock(mutex_);
  const std::pair<uint64_t, size_t> key(call.sample, unit);
  if (!kept_.contains(key)) capture(call.sample, unit);
  std::vector<Tensor> result;
  const Kept& calls = kept_[key];
  if (call.place >= calls.size()) throw internal_error("a program runs a unit less often than it has steps");
  for (const Store::Id id : calls[call.place]) result.push_back(store_.get(id));
  return result;
}

void ProgramSamples::keep(uint64_t sample, size_t unit, std::span<const Tensor> inputs,
                          std::vector<std::pair<Tensor, Store::Id>>& known) {
  std::vector<Store::Id> ids;
  for (const Tensor& x : inputs) {
    // Masks and tables go to every layer.
    const auto same = std::ranges::find_if(known, [&](const auto& one) {
      return one.first.data == x.data && one.first.shape == x.shape && one.first.dtype == x.dtype;
    });
    if (same == known.end()) {
      known.emplace_back(x, store_.put(x));
      ids.push_back(known.back().second);
    } else {
      ids.push_back(same->second);
    }
    ++uses_[ids.back()];
  }
  kept_[{sample, unit}].push_back(std::move(ids));
}

void ProgramSamples::capture(uint64_t sample, size_t wanted) {
  const OwnRequest own = own_request(model_.program.made.program, requests_->sample(sample));
  const Program decoding = remade(model_.program, model_.services, model_.hub, own.bindings());
  const Program prefill = prefill_of(decoding, own.prompt);
  std::vector<bool> has(calls_.size());
  for (size_t unit = 0; unit < has.size(); ++unit)
    has[unit] = kept_.contains({sample, unit}) || (is_released_[unit] && unit != wanted);
  bool decodes = false;
  std::vector<std::pair<Tensor, Store::Id>> known;  // keeps them, so that no address comes twice
  const auto watch_of = [&](const Program& program) {
    return [&, this](const UnitCall& call) {
      const size_t unit = unit_of(program, call.step);
      if (!has[unit] && is_wanted(unit, decodes)) keep(sample, unit, call.inputs, known);
    };
  };
  const auto run = [&](const Program& program, const Request& request) {
    EntryUnits units(program, model_.services, model_.tree, model_.device, Reading::kFloat, &model_.codes,
                     &model_.runners);
    ProgramRun one(program, units, model_.services.control(), watch_of(program));
    one.begin(request);
    if (decodes) one.decode(own.last());
  };
  try {
    run(prefill, own.request);
    known.clear();
    decodes = true;  // what the phases before the first token see again is not kept again
    if (std::ranges::find(is_for_tokens_, true) != is_for_tokens_.end()) run(decoding, own.without_last());
  } catch (const Error& error) {
    if (error.is_stop()) throw;
    throw with_note(error, {fmt::format("calibration sample {} fails", sample), where_, {}});
  }
}

void ProgramSamples::limit(uint64_t most_bytes) {
  const std::lock_guard lock(mutex_);
  store_.limit(most_bytes);
}

void ProgramSamples::release(size_t unit) {
  const std::lock_guard lock(mutex_);
  is_released_[unit] = true;
  for (auto one = kept_.begin(); one != kept_.end();) {
    if (one->first.second != unit) {
      ++one;
      continue;
    }
    for (const auto& call : one->second) {
      for (const Store::Id id : call) {
        if (--uses_[id] > 0) continue;
        uses_.erase(id);
        store_.drop(id);
      }
    }
    one = kept_.erase(one);
  }
}

}  // namespace vernier::core
