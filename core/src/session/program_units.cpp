#include "session/program_units.h"

#include "session/program_samples.h"
#include "session/program_tables.h"
#include "session/program_ties.h"
#include "session/prompt_requests.h"
#include "session/recipe_program.h"
#include "sweep/limits.h"

namespace vernier::core {

namespace {

// A program is evaluated as a whole, and where qparams are given nothing is calibrated.
class NoSamples : public InputSource {
 public:
  [[nodiscard]] uint64_t samples() const override { return 0; }
  [[nodiscard]] std::vector<Tensor> sample(uint64_t) const override {
    throw internal_error("a unit of a program has no such samples of its own");
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

// Here, so that a plan says what is wrong with them.
void open_samples(const Prepared& p, RecipeProgram& recipe) {
  const ProcessorOpener processors = program_processors(p);
  const auto open = [&](const RecipeData& data, const std::string& pointer) {
    return std::shared_ptr<const ProgramRequests>(open_requests(
        data, recipe.made.program, p.recipe.folder, p.recipe.where(pointer + "/inputs"), processors));
  };
  if (p.recipe.quantization.from.empty())
    recipe.calibration = open(recipe.whole.calibration, recipe.whole.calibration_pointer);
  recipe.evaluation = open(recipe.whole.evaluation, "/evaluation");
}

// What calibrates the units; null where nothing does.
std::shared_ptr<ProgramSamples> calibrating(const Prepared& p, Device& device, KeptCodes& codes,
                                            EntryUnits::Runners& runners) {
  RecipeProgram& recipe = *p.program;
  if (recipe.calibration == nullptr) return nullptr;
  auto samples = std::make_shared<ProgramSamples>(
      ProgramSamples::Model{recipe, *p.services, *p.hub, *p.tree, device, codes, runners}, recipe.calibration,
      p.recipe.where(recipe.whole.calibration_pointer + "/inputs"));
  recipe.captured = samples->captured();
  recipe.order = samples->order();
  for (size_t i = 0; i < recipe.made.program.units.size(); ++i)
    recipe.reached_by.push_back(samples->reaching(i));
  return samples;
}

}  // namespace

std::vector<std::unique_ptr<Unit>> open_program_units(Prepared& p, Device& device, KeptCodes& codes,
                                                      EntryUnits::Runners& runners) {
  const Program& program = p.program->made.program;
  // Finds modules and entries, and makes what runs them.
  EntryUnits entries(program, *p.services, *p.tree, device, Reading::kFloat, &codes, &runners);
  open_samples(p, *p.program);
  const std::shared_ptr<ProgramSamples> samples = calibrating(p, device, codes, runners);
  std::vector<std::unique_ptr<Unit>> units;
  for (size_t i = 0; i < program.units.size(); ++i) {
    auto unit = std::make_unique<Unit>();
    unit->recipe = &p.recipe.units[i];
    unit->module = p.module_of(*unit->recipe);
    unit->input_names = program.units[i].inputs;
    unit->output_names = program.units[i].outputs;
    unit->runner = entries.shared_entry(i);
    unit->file_types = types_of(program, i);
    unit->calibration = samples == nullptr ? std::make_unique<NoSamples>() : samples->of(i);
    unit->evaluation = std::make_unique<NoSamples>();
    unit->calibration_outputs = no_outputs();
    unit->evaluation_outputs = no_outputs();
    units.push_back(std::move(unit));
  }
  tie_boundaries(p, units);
  if (!p.recipe.exports.empty()) require_tables(p);
  return units;
}

}  // namespace vernier::core
