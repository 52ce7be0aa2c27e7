#include "session/sample_warnings.h"

#include <fmt/format.h>

#include <nlohmann/json.hpp>

#include "calibration/samples_manifest.h"

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
      if (reached == manifest.lines || (reached >= kFewSamples && reached * kFewOf >= manifest.lines))
        continue;
      say(fmt::format("only {} of {} {} lines give the input \"{}\"{}: what is behind it sees little",
                      reached, manifest.lines, kind, input, of_unit),
          pointer);
    }
    if (manifest.cut > 0)
      say(fmt::format("{} of {} {} samples{} lost tokens to the processor's options", manifest.cut,
                      manifest.hashes.size(), kind, of_unit),
          pointer);
  }

  void say(std::string text, const std::string& pointer) {
    rows_.push_back({{"text", std::move(text)}, {"where", recipe_.where(pointer)}});
  }
  [[nodiscard]] nlohmann::json take() { return std::move(rows_); }

 private:
  const Recipe& recipe_;
  nlohmann::json rows_ = nlohmann::json::array();
};

}  // namespace

nlohmann::json sample_warnings(const Recipe& recipe, const std::vector<std::unique_ptr<Unit>>& units) {
  Warnings warnings(recipe);
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
