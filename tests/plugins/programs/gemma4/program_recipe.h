// `vernier run` on recipes of the small Gemma4 with its program, on samples that a test writes.
#pragma once

#include <gtest/gtest.h>

#include <string>

#include "core/session/run_recipe.h"

namespace vernier::core::testing {

class ProgramRecipeTest : public ::testing::Test {
 protected:
  // calibration.jsonl and evaluation.jsonl of the test's folder; 16-bit activations, 8-bit weights, minmax,
  // no export.
  [[nodiscard]] static nlohmann::json recipe_of(const nlohmann::json& profile, int samples,
                                                const char* activation = "int16") {
    const auto inputs = [](const char* file) -> nlohmann::json {
      return {{"kind", "jsonl"}, {"path", file}};
    };
    return {{"version", 1},
            {"model",
             {{"checkpoint", source_file("tests/data/gemma4_tiny").string()},
              {"program", true},
              {"profile", profile}}},
            {"quantization",
             {{"activation", {{"observer", "minmax"}, {"dtype", activation}}},
              {"weight", {{"observer", "minmax"}, {"dtype", "uint8"}}}}},
            {"calibration", {{"inputs", inputs("calibration.jsonl")}}},
            {"evaluation", {{"inputs", inputs("evaluation.jsonl")}, {"samples", samples}}},
            {"export", nlohmann::json::array()},
            {"runtime", {{"isolate", false}, {"threads", 1}}}};
  }
  // As recipe.json, for a run on the reference device into out/.
  SessionOptions written(const nlohmann::json& recipe) {
    test::write_file(folder_ / "recipe.json", recipe.dump(1));
    SessionOptions options;
    options.recipe = folder_ / "recipe.json";
    options.out = folder_ / "out";
    options.device = &make_reference_device;
    return options;
  }
  RunResult run(const nlohmann::json& recipe) { return core::run(written(recipe)); }

  test::TempFolder folder_;
};

}  // namespace vernier::core::testing
