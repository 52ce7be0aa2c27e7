#include "session/unit.h"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <algorithm>
#include <map>
#include <nlohmann/json.hpp>

#include "calibration/processor.h"
#include "calibration/samples_manifest.h"
#include "checkpoint/checkpoint.h"
#include "session/fed_inputs.h"
#include "sweep/limits.h"
#include "text/nearest.h"

namespace vernier::core {

namespace {

using Units = std::vector<std::unique_ptr<Unit>>;

// Processors of the recipe: units that name one with equal options share it.
class Processors {
 public:
  explicit Processors(const Prepared& p) : p_(p) {}

  std::shared_ptr<const Processor> get(const std::string& name, const std::string& options) {
    std::shared_ptr<const Processor>& found = made_[{name, options}];
    if (found == nullptr)
      found = std::make_shared<const Processor>(*p_.services, p_.hub->processor(name), name, options,
                                                checkpoint_folder(p_.recipe.model.checkpoint));
    return found;
  }

 private:
  const Prepared& p_;
  std::map<std::pair<std::string, std::string>, std::shared_ptr<const Processor>> made_;
};

// What calibrates a unit comes from what calibrates the earlier ones, what evaluates it from what evaluates
// them.
enum class Samples { kCalibration, kEvaluation };

const InputSource& source_of(const Unit& unit, Samples which) {
  return which == Samples::kCalibration ? *unit.calibration : *unit.evaluation;
}

// The names that the data's own inputs give.
std::vector<std::string> own_names(const Unit& unit, const RecipeData& data, const std::string& where) {
  std::vector<std::string> names = unit.input_names;
  for (const UnitOutput& one : data.from_units) {
    const size_t given = std::erase(names, one.input);
    if (given != 0) continue;
    const std::string close = did_you_mean(one.input, unit.input_names);
    throw usage_error(
        fmt::format("entry {} has no input {}", unit.recipe->entry, one.input), where + "/from_units",
        close.empty() ? fmt::format("its inputs: {}", fmt::join(unit.input_names, ", ")) : close);
  }
  const bool is_fed = data.inputs->at("kind") == "units";
  if (is_fed && !names.empty())
    throw usage_error(
        fmt::format("the input \"{}\" of unit {} comes from nowhere", names[0], unit.recipe->name), where,
        "name a unit's output for it in \"from_units\", or another kind of inputs");
  if (!is_fed && names.empty())
    throw usage_error(fmt::format("all inputs of unit {} come from units", unit.recipe->name), where,
                      "make \"kind\" \"units\"");
  return names;
}

// Sample i of a unit goes with sample i of those that it feeds, so none of them leaves samples out.
void require_all_lines(const RecipeData& data, const std::string& unit, const std::string& where) {
  if (data.inputs->value("lacking", "") != "skip") return;
  throw usage_error(
      fmt::format(
          "unit {} leaves out samples, so those of the units that it takes or gives inputs do not fit", unit),
      where, "remove \"lacking\": \"skip\", or \"from_units\"");
}

size_t output_of(const Unit& unit, const UnitOutput& wanted, const std::string& where) {
  if (wanted.output_name.empty()) return wanted.output;
  const auto found = std::ranges::find(unit.output_names, wanted.output_name);
  if (found != unit.output_names.end()) return static_cast<size_t>(found - unit.output_names.begin());
  const std::string close = did_you_mean(wanted.output_name, unit.output_names);
  throw usage_error(fmt::format("unit {} has no output \"{}\"", unit.recipe->name, wanted.output_name),
                    where + "/from_units",
                    unit.output_names.empty() ? "its wrapper names no outputs: give a number, counted from 0"
                    : close.empty() ? fmt::format("its outputs: {}", fmt::join(unit.output_names, ", "))
                                    : close);
}

std::unique_ptr<InputSource> open_data(const Prepared& p, Processors& processors, const Unit& unit,
                                       const Units& before, const RecipeData& data, Samples which) {
  const std::string where =
      p.recipe.where(which == Samples::kCalibration ? unit.recipe->calibration_pointer + "/inputs"
                                                    : unit.recipe->pointer + "/evaluation/inputs");
  const std::vector<std::string> names = own_names(unit, data, where);
  std::optional<uint64_t> wanted;
  if (data.samples) wanted = static_cast<uint64_t>(*data.samples);
  std::unique_ptr<InputSource> own;
  nlohmann::json description = data.inputs;
  description.erase("from_units");
  if (!names.empty())
    own = open_inputs(
        description, p.recipe.folder, names, wanted, p.recipe.runtime.seed, where,
        [&](const std::string& name, const std::string& options) { return processors.get(name, options); });
  if (own != nullptr && own->samples() == 0)
    throw data_error("there is no sample to run on", where, "check the file and its tensors' names");
  if (data.from_units.empty()) return own;
  require_all_lines(data, unit.recipe->name, where);
  std::vector<Feed> feeds;
  for (const UnitOutput& one : data.from_units) {
    const Unit& from = *before.at(one.unit);
    require_all_lines(which == Samples::kCalibration ? from.recipe->calibration : from.recipe->evaluation,
                      from.recipe->name, where);
    const auto place = std::ranges::find(unit.input_names, one.input) - unit.input_names.begin();
    feeds.push_back(
        {static_cast<size_t>(place), from.recipe->name, from.runner.get(), &source_of(from, which),
         which == Samples::kCalibration ? from.calibration_outputs.get() : from.evaluation_outputs.get(),
         output_of(from, one, where)});
  }
  return std::make_unique<FedInputs>(std::move(own), std::move(feeds), unit.input_names.size(), wanted,
                                     where);
}

std::unique_ptr<UnitOutputs> outputs_of(EntryRunner& runner, const InputSource& source) {
  const auto run = [&runner, &source](Reading reading, uint64_t sample) {
    return runner.run(reading,
                      reading == Reading::kFloat ? source.sample(sample) : source.quantized_sample(sample));
  };
  return std::make_unique<UnitOutputs>(run, SweepLimits().store_bytes);
}

std::unique_ptr<Unit> open_unit(const Prepared& p, Processors& processors, Device& device, KeptCodes& codes,
                                const RecipeUnit& recipe, const Units& before) {
  auto unit = std::make_unique<Unit>();
  unit->recipe = &recipe;
  unit->module = p.module_of(recipe);
  const EntryInfo& entry = p.entry_info(recipe);
  unit->input_names = entry.inputs;
  unit->output_names = entry.outputs;
  unit->runner = std::make_shared<EntryRunner>(*p.services, *p.tree, device, recipe.entry, unit->input_names,
                                               unit->module, &codes);
  unit->calibration = open_data(p, processors, *unit, before, recipe.calibration, Samples::kCalibration);
  unit->evaluation = open_data(p, processors, *unit, before, recipe.evaluation, Samples::kEvaluation);
  unit->calibration_outputs = outputs_of(*unit->runner, *unit->calibration);
  unit->evaluation_outputs = outputs_of(*unit->runner, *unit->evaluation);
  return unit;
}

}  // namespace

nlohmann::json Unit::to_json() const {
  nlohmann::json row = {{"name", recipe->name}, {"module", recipe->module}, {"entry", recipe->entry}};
  if (!output_names.empty()) row["outputs"] = output_names;
  nlohmann::json prompts = prompts_json(calibration->manifest(), evaluation->manifest());
  if (!prompts.is_null()) row["prompts"] = std::move(prompts);
  return row;
}

Units open_units(const Prepared& p, Device& device, KeptCodes& codes) {
  Units units;
  Processors processors(p);
  for (const RecipeUnit& one : p.recipe.units)
    units.push_back(open_unit(p, processors, device, codes, one, units));
  return units;
}

}  // namespace vernier::core
