// A unit of the recipe, ready to run: its module, its samples, its graphs.
#pragma once

#include <memory>
#include <string>
#include <vector>

#include "calibration/input_source.h"
#include "interpreter/entry_runner.h"
#include "session/prepare.h"
#include "session/unit_outputs.h"

namespace vernier::core {

struct Unit {
  const RecipeUnit* recipe = nullptr;
  int module = 0;  // place in the tree
  std::vector<std::string> input_names;
  std::vector<std::string> output_names;  // empty: the wrapper names none
  std::shared_ptr<EntryRunner> runner;
  std::unique_ptr<InputSource> calibration;
  std::unique_ptr<InputSource> evaluation;
  std::unique_ptr<UnitOutputs> calibration_outputs;  // for later units
  std::unique_ptr<UnitOutputs> evaluation_outputs;
  std::vector<std::vector<TensorType>> shapes;  // that samples have; Pipeline::trace() fills it

  std::vector<TensorType> file_types;  // of inputs of its file; empty: those of calibration sample 0

  [[nodiscard]] std::vector<TensorType> types() const {
    return file_types.empty() ? calibration->types(0) : file_types;
  }
  // For the shapes which an exported file has.
  [[nodiscard]] std::shared_ptr<const Graph> graph() const { return runner->graph(types()); }
  // The report's and the plan's word for it: {"name", "module", "entry"}, and "prompts" with the manifests of
  // samples that a processor made.
  [[nodiscard]] nlohmann::json to_json() const;
};

// The units of the recipe, in order; what a later one gets from an earlier one refers to it. All must outlive
// them. Throws Error: kUsage for a module or an entry that is not there, an input that is given twice or not
// at all, fewer samples than a later unit wants; what open_inputs() throws.
[[nodiscard]] std::vector<std::unique_ptr<Unit>> open_units(const Prepared& p, Device& device,
                                                            KeptCodes& codes);

}  // namespace vernier::core
