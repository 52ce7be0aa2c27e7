#include "session/program_traces.h"

#include <fmt/format.h>

#include <set>
#include <string>

#include "program/entry_units.h"
#include "session/pipeline.h"
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
    EntryUnits units(program, *run_.p.services, *run_.p.tree, *run_.device, Reading::kFloat,
                     run_.kept_codes.get(), &run_.program_runners);
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

  // At the sample's own extents. `kind`: how messages call it.
  void trace(const ProgramRequests& requests, uint64_t index, const char* kind, const std::string& where) {
    try {
      const OwnRequest own = own_request(recipe_.made.program, requests.sample(index));
      const auto bindings = own.bindings();
      if (!bound_.insert(bindings).second) return;
      trace(remade(recipe_, *run_.p.services, *run_.p.hub, bindings));
    } catch (const Error& error) {
      if (error.is_stop()) throw;
      throw with_note(error, {fmt::format("{} sample {} cannot run", kind, index), where, {}});
    }
  }

 private:
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
  const RecipeProgram& recipe = *run.p.program;
  ProgramTraces traces(run);
  traces.trace(recipe.made.program);
  const std::string pointer = recipe.whole.calibration_pointer + "/inputs";
  for (uint64_t index = 0; index < recipe.calibration_samples(); ++index)
    traces.trace(*recipe.calibration, index, "calibration", run.p.recipe.where(pointer));
  for (const uint64_t index : observed_samples(recipe))
    traces.trace(*recipe.evaluation, index, "evaluation", run.p.recipe.where("/evaluation/inputs"));
}

}  // namespace vernier::core
