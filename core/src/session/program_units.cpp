#include "session/program_units.h"

#include "session/program_samples.h"
#include "session/program_ties.h"
#include "session/prompt_requests.h"
#include "session/recipe_program.h"
#include "sweep/limits.h"

namespace vernier::core {

namespace {

// A program is evaluated as a whole.
class NoSamples : public InputSource {
 public:
  [[nodiscard]] uint64_t samples() const override { return 0; }
  [[nodiscard]] std::vector<Tensor> sample(uint64_t) const override {
    throw internal_error("a unit of a program has no evaluation samples of its own");
  }
};

// Of the first step that runs the unit, as its file takes them.
std::vector<TensorType> types_of(const Program& program, size_t unit) {
  for (const ProgramPhase& phase : program.phases) {
    for (const ProgramStep& step : phase.steps) {
      if (step.unit != unit) continue;
      std::vector<TensorType> types = program.input_types(step);
      for (const WrittenInput& one : program.units[unit].written) {
        if (one.dtype) types[one.input].dtype = *one.dtype;
      }
      return types;
    }
  }
  throw internal_error("a unit that no step runs");
}

std::unique_ptr<UnitOutputs> no_outputs() {
  const auto run = [](Reading, uint64_t) -> std::vector<Tensor> {
    throw internal_error("what a unit of a program gives is not kept");
  };
  return std::make_unique<UnitOutputs>(run, SweepLimits().store_bytes);
}

}  // namespace

std::vector<std::unique_ptr<Unit>> open_program_units(Prepared& p, Device& device, KeptCodes& codes,
                                                      EntryUnits::Runners& runners) {
  const RecipeProgram& recipe = *p.program;
  const Program& program = recipe.made.program;
  const std::string where = p.recipe.where(recipe.whole.calibration_pointer + "/inputs");
  // Finds modules and entries, and makes what runs them.
  EntryUnits entries(program, *p.services, *p.tree, device, Reading::kFloat, &codes, &runners);
  const auto samples = std::make_shared<ProgramSamples>(
      ProgramSamples::Model{recipe, *p.services, *p.hub, *p.tree, device, codes, runners},
      open_requests(recipe.whole.calibration, program, p.recipe.folder, where, program_processors(p)), where);
  p.program->calibration_samples = samples->samples();
  p.program->captured_bytes = samples->captured_bytes();
  for (size_t i = 0; i < program.units.size(); ++i) p.program->reached_by.push_back(samples->reaching(i));
  // Asked for here, so that a plan says what is wrong with them.
  (void)open_requests(recipe.whole.evaluation, program, p.recipe.folder, p.recipe.where("/evaluation/inputs"),
                      program_processors(p));
  std::vector<std::unique_ptr<Unit>> units;
  for (size_t i = 0; i < program.units.size(); ++i) {
    auto unit = std::make_unique<Unit>();
    unit->recipe = &p.recipe.units[i];
    unit->module = p.module_of(*unit->recipe);
    unit->input_names = program.units[i].inputs;
    unit->output_names = program.units[i].outputs;
    unit->runner = entries.shared_entry(i);
    unit->file_types = types_of(program, i);
    unit->calibration = samples->of(i);
    unit->evaluation = std::make_unique<NoSamples>();
    unit->calibration_outputs = no_outputs();
    unit->evaluation_outputs = no_outputs();
    units.push_back(std::move(unit));
  }
  tie_boundaries(p, units);
  return units;
}

}  // namespace vernier::core
