#include "session/program_traces.h"

#include <fmt/format.h>

#include <algorithm>
#include <optional>
#include <set>
#include <string>

#include "program/entry_units.h"
#include "session/pipeline.h"
#include "session/program_peak.h"
#include "session/program_statistics.h"
#include "session/recipe_program.h"
#include "session/sample_program.h"
#include "text/with_note.h"
#include "vernier/core/error.h"

namespace vernier::core {

namespace {

class ProgramTraces {
 public:
  explicit ProgramTraces(Pipeline& run) : run_(run), recipe_(*run.p.program) {}

  void trace(const Program& program) {
    EntryUnits units = units_of(program);
    for (const ProgramPhase& phase : program.phases) {
      for (const ProgramStep& step : phase.steps) {
        if (!step.unit) continue;
        run_.control().check();
        const std::vector<TensorType> types = program.input_types(step);
        EntryRunner& entry = units.entry(*step.unit);
        if (known_.insert(key_of(entry, types)).second) (void)entry.graph(types);
      }
    }
  }

  // At the extents of calibration sample `index`.
  void trace_calibration(uint64_t index, const std::string& where) {
    explained("calibration", index, where, [&] {
      const OwnRequest own = own_request(recipe_.made.program, recipe_.calibration->sample(index));
      if (bound_.insert(own.bindings()).second) trace(made_for(own));
    });
  }
  // The same of an evaluation sample of which statistics are taken. Returns the most that they take.
  uint64_t trace_observed(uint64_t index, const std::string& where) {
    uint64_t most = 0;
    explained("evaluation", index, where, [&] {
      const OwnRequest own = own_request(recipe_.made.program, recipe_.evaluation->sample(index));
      const Program program = made_for(own);
      if (bound_.insert(own.bindings()).second) trace(program);
      most = observing(program, own);
    });
    return most;
  }
  // The most that an evaluation sample takes at the extents of the files, scores apart.
  uint64_t evaluating() {
    const Program& program = recipe_.made.program;
    EntryUnits units = units_of(program);
    ProgramPeak peak(program, *run_.p.tree, graphs(program, units));
    std::optional<uint64_t> known[2][2];  // by pictures, by tokens
    uint64_t most = 0;
    for (uint64_t index = 0; index < recipe_.evaluation->samples(); ++index) {
      const ProgramSample sample = recipe_.evaluation->sample(index);
      const RunPhases phases{has_pictures(program, sample.request), sample.answer.size() > 1};
      std::optional<uint64_t>& one = known[phases.pictures ? 1 : 0][phases.tokens ? 1 : 0];
      if (!one) one = peak.of(phases);
      most = std::max(most, *one);
    }
    return most;
  }

 private:
  template <typename Act>
  static void explained(const char* kind, uint64_t index, const std::string& where, const Act& act) {
    try {
      act();
    } catch (const Error& error) {
      if (error.is_stop()) throw;
      throw with_note(error, {fmt::format("{} sample {} cannot run", kind, index), where, {}});
    }
  }

  [[nodiscard]] Program made_for(const OwnRequest& own) const {
    return remade(recipe_, *run_.p.services, *run_.p.hub, own.bindings());
  }
  [[nodiscard]] EntryUnits units_of(const Program& program) const {
    return {program,         *run_.p.services,      *run_.p.tree,         *run_.device,
            Reading::kFloat, run_.kept_codes.get(), &run_.program_runners};
  }
  static ProgramPeak::GraphOf graphs(const Program& program, EntryUnits& units) {
    return [&](const ProgramStep& step) { return units.entry(*step.unit).graph(program.input_types(step)); };
  }

  // As observe_program() runs it: the rounded run beside what is held of the float one.
  [[nodiscard]] uint64_t observing(const Program& decoding, const OwnRequest& own) const {
    std::vector<bool> decodes = units_for_tokens_alone(decoding), prefills = decodes;
    prefills.flip();
    const Program prefill = prefill_of(decoding, own.prompt);
    const RunPhases once{own.pictures > 0, false}, tokens{own.pictures > 0, true};
    const auto peak_of = [&](const Program& program, RunPhases phases, const std::vector<bool>& watched) {
      EntryUnits units = units_of(program);
      ProgramPeak peak(program, *run_.p.tree, graphs(program, units));
      return peak.of(phases) + peak.held(phases, watched, own.pictures);
    };
    const uint64_t first = peak_of(prefill, once, prefills);
    return std::ranges::find(decodes, true) == decodes.end()
               ? first
               : std::max(first, peak_of(decoding, tokens, decodes));
  }

  static std::string key_of(const EntryRunner& entry, const std::vector<TensorType>& types) {
    std::string key = fmt::format("{}", static_cast<const void*>(&entry));
    for (const TensorType& type : types) key += fmt::format(" {}", to_string(type));
    return key;
  }

  Pipeline& run_;
  const RecipeProgram& recipe_;
  std::set<std::string> known_;
  std::set<std::map<std::string, std::optional<int64_t>>> bound_;
};

}  // namespace

void trace_program(Pipeline& run) {
  RecipeProgram& recipe = *run.p.program;
  ProgramTraces traces(run);
  traces.trace(recipe.made.program);
  const std::string pointer = recipe.whole.calibration_pointer + "/inputs";
  for (uint64_t index = 0; index < recipe.calibration_samples(); ++index)
    traces.trace_calibration(index, run.p.recipe.where(pointer));
  recipe.observed = 0;
  for (const uint64_t index : observed_samples(recipe))
    recipe.observed =
        std::max(recipe.observed, traces.trace_observed(index, run.p.recipe.where("/evaluation/inputs")));
  recipe.evaluated = traces.evaluating();
}

}  // namespace vernier::core
