#include "session/sample_warnings.h"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <algorithm>
#include <map>
#include <nlohmann/json.hpp>

#include "calibration/samples_manifest.h"
#include "session/recipe_program.h"

namespace vernier::core {
namespace {

// Below either an input is said to starve: so many samples, or such a share of the lines.
constexpr uint64_t kFewSamples = 8;
constexpr uint64_t kFewOf = 8;

class Warnings {
 public:
  explicit Warnings(const Recipe& recipe) : recipe_(recipe) {}

  void add_few(const SamplesManifest& manifest, const RecipeUnit& unit, const std::string& pointer,
               const char* kind) {
    for (const auto& [input, reached] : manifest.reached) {
      if (!is_few(reached, manifest.lines)) continue;
      say(fmt::format("only {} of {} {} lines give the input \"{}\"{}: what is behind it sees little",
                      reached, manifest.lines, kind, input, of(unit)),
          pointer);
    }
  }
  void add_cut(const SamplesManifest& manifest, const RecipeUnit& unit, const std::string& pointer,
               const char* kind) {
    if (manifest.cut > 0)
      say(fmt::format("{} of {} {} samples{} lost tokens to the processor's options", manifest.cut,
                      manifest.hashes.size(), kind, of(unit)),
          pointer);
  }

  // Evaluation samples, beside those that calibrate (may be null).
  void add_evaluation(const SamplesManifest& manifest, const SamplesManifest* calibrating,
                      const RecipeUnit& unit) {
    const std::string pointer = unit.pointer + "/evaluation/inputs";
    if (*unit.evaluation.inputs != *unit.calibration.inputs) {  // else calibration has told
      add_few(manifest, unit, pointer, "evaluation");
      add_cut(manifest, unit, pointer, "evaluation");
    }
    const uint64_t shared = calibrating == nullptr ? 0 : shared_samples(manifest, *calibrating);
    if (shared == 0) return;
    say(fmt::format("{} of {} evaluation samples are calibration samples too{}", shared,
                    manifest.hashes.size(), recipe_.has_units ? ", unit " + unit.name : ""),
        pointer);
  }

  // Units of a program: which of them see few of the samples.
  void add_reached(const std::vector<uint64_t>& reached, uint64_t samples, const std::string& pointer) {
    std::map<uint64_t, std::vector<std::string>> few;
    for (size_t unit = 0; unit < reached.size(); ++unit) {
      if (is_few(reached[unit], samples)) few[reached[unit]].push_back(recipe_.units[unit].name);
    }
    for (const auto& [count, names] : few)
      say(fmt::format("only {} of {} calibration samples reach {}: what is in {} sees little", count, samples,
                      fmt::join(names, ", "), names.size() == 1 ? "it" : "them"),
          pointer);
  }

  // Of which the float run gives fewer than half, token by token, with every earlier one given.
  void add_answers(const nlohmann::json& of_float, const std::string& pointer) {
    if (of_float.is_null()) return;
    const auto right = of_float.at("right_tokens").get<uint64_t>(),
               tokens = of_float.at("tokens").get<uint64_t>();
    if (2 * right >= tokens) return;
    say(fmt::format("the float model itself gives {} of {} tokens of the evaluation's answers: what the "
                    "quantized one gives of them says little; look at the prompts (chat template, begin of "
                    "text) and at the answers",
                    right, tokens),
        pointer);
  }

  // A file has one shape for each input; samples of others calibrate and evaluate all the same.
  void add_shapes(const Unit& unit) {
    const bool is_written = std::ranges::any_of(recipe_.exports, [&](const RecipeExport& one) {
      return !one.open &&
             std::ranges::any_of(one.units, [&](size_t i) { return &recipe_.units[i] == unit.recipe; });
    });
    if (!is_written || unit.shapes.size() < 2) return;
    std::vector<std::string> inputs;
    const std::vector<TensorType> types = unit.types();
    for (size_t i = 0; i < types.size() && i < unit.input_names.size(); ++i)
      inputs.push_back(fmt::format("{} {}", unit.input_names[i], to_string(types[i].shape)));
    say(fmt::format("samples have {} different shapes, and the file takes those of calibration sample 0{} "
                    "({}): put a "
                    "sample first that has the shapes to export, or leave an extent open (\"open\")",
                    unit.shapes.size(), of(*unit.recipe), fmt::join(inputs, ", ")),
        unit.recipe->calibration_pointer + "/inputs");
  }

  void say(std::string text, const std::string& pointer) {
    rows_.push_back({{"text", std::move(text)}, {"where", recipe_.where(pointer)}});
  }
  [[nodiscard]] nlohmann::json take() { return std::move(rows_); }

 private:
  [[nodiscard]] std::string of(const RecipeUnit& unit) const {
    return recipe_.has_units ? " of unit " + unit.name : "";
  }
  static bool is_few(uint64_t reached, uint64_t all) {
    return reached != all && (reached < kFewSamples || reached * kFewOf < all);
  }

  const Recipe& recipe_;
  nlohmann::json rows_ = nlohmann::json::array();
};

}  // namespace

nlohmann::json sample_warnings(const Recipe& recipe, const std::vector<std::unique_ptr<Unit>>& units,
                               const RecipeProgram* program, const nlohmann::json& evaluated) {
  Warnings warnings(recipe);
  if (!evaluated.is_null())
    warnings.add_answers(evaluated.at("evaluation").at("float"), "/evaluation/inputs");
  const auto add = [&](const RecipeUnit& unit, const SamplesManifest* calibrating,
                       const SamplesManifest* evaluating) {
    const std::string calibration = unit.calibration_pointer + "/inputs";
    if (calibrating != nullptr) {
      // Of a program it is told which units few samples reach.
      if (program == nullptr) warnings.add_few(*calibrating, unit, calibration, "calibration");
      warnings.add_cut(*calibrating, unit, calibration, "calibration");
    }
    if (evaluating == nullptr) return;
    warnings.add_evaluation(*evaluating, calibrating, unit);
  };
  if (program != nullptr) {
    warnings.add_reached(program->reached_by, program->calibration_samples(),
                         program->whole.calibration_pointer + "/inputs");
    add(program->whole, program->calibration == nullptr ? nullptr : program->calibration->manifest(),
        program->evaluation->manifest());
  }
  for (const auto& unit : units) {
    if (program == nullptr) warnings.add_shapes(*unit);
    add(*unit->recipe, unit->calibration->manifest(), unit->evaluation->manifest());
  }
  return warnings.take();
}

}  // namespace vernier::core
