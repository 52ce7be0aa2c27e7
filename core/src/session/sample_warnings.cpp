#include "session/sample_warnings.h"

#include <fmt/format.h>
#include <fmt/ranges.h>

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

  void add(const SamplesManifest& manifest, const RecipeUnit& unit, const std::string& pointer,
           const char* kind) {
    const std::string of_unit = recipe_.has_units ? " of unit " + unit.name : "";
    for (const auto& [input, reached] : manifest.reached) {
      if (!is_few(reached, manifest.lines)) continue;
      say(fmt::format("only {} of {} {} lines give the input \"{}\"{}: what is behind it sees little",
                      reached, manifest.lines, kind, input, of_unit),
          pointer);
    }
    if (manifest.cut > 0)
      say(fmt::format("{} of {} {} samples{} lost tokens to the processor's options", manifest.cut,
                      manifest.hashes.size(), kind, of_unit),
          pointer);
  }

  // Units of a program: which of them see few of the samples.
  void add(const std::vector<uint64_t>& reached, uint64_t samples, const std::string& pointer) {
    std::map<uint64_t, std::vector<std::string>> few;
    for (size_t unit = 0; unit < reached.size(); ++unit) {
      if (is_few(reached[unit], samples)) few[reached[unit]].push_back(recipe_.units[unit].name);
    }
    for (const auto& [count, names] : few)
      say(fmt::format("only {} of {} calibration samples reach {}: what is in {} sees little", count, samples,
                      fmt::join(names, ", "), names.size() == 1 ? "it" : "them"),
          pointer);
  }

  void say(std::string text, const std::string& pointer) {
    rows_.push_back({{"text", std::move(text)}, {"where", recipe_.where(pointer)}});
  }
  [[nodiscard]] nlohmann::json take() { return std::move(rows_); }

 private:
  static bool is_few(uint64_t reached, uint64_t all) {
    return reached != all && (reached < kFewSamples || reached * kFewOf < all);
  }

  const Recipe& recipe_;
  nlohmann::json rows_ = nlohmann::json::array();
};

}  // namespace

nlohmann::json sample_warnings(const Recipe& recipe, const std::vector<std::unique_ptr<Unit>>& units,
                               const RecipeProgram* program) {
  Warnings warnings(recipe);
  if (program != nullptr)
    warnings.add(program->reached_by, program->calibration_samples,
                 program->whole.calibration_pointer + "/inputs");
  for (const auto& unit : units) {
    const RecipeUnit& wanted = *unit->recipe;
    const SamplesManifest* calibrating = unit->calibration->manifest();
    const SamplesManifest* evaluating = unit->evaluation->manifest();
    const std::string evaluation = wanted.pointer + "/evaluation/inputs";
    if (calibrating != nullptr)
      warnings.add(*calibrating, wanted, wanted.calibration_pointer + "/inputs", "calibration");
    if (evaluating == nullptr || *wanted.evaluation.inputs == *wanted.calibration.inputs) continue;
    warnings.add(*evaluating, wanted, evaluation, "evaluation");
    if (calibrating == nullptr) continue;
    const uint64_t shared = shared_samples(*evaluating, *calibrating);
    if (shared == 0) continue;
    warnings.say(fmt::format("{} of {} evaluation samples are calibration samples too{}", shared,
                             evaluating->hashes.size(), recipe.has_units ? ", unit " + wanted.name : ""),
                 evaluation);
  }
  return warnings.take();
}

}  // namespace vernier::core
