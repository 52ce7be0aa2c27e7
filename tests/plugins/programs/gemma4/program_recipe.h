// `vernier run` on recipes of the small Gemma4 with its program, on samples that a test writes.
#pragma once

#include <gtest/gtest.h>

#include <random>
#include <string>

#include "core/session/run_recipe.h"

namespace vernier::core::testing {

// Lines of requests for gemma4_tiny: prompts and answers of several lengths; ids of no placeholder.
inline std::string text_requests(uint32_t seed, int count) {
  std::mt19937 random(seed);
  std::string text;
  for (int i = 0; i < count; ++i) {
    nlohmann::json line = {{"input_ids", {2}}, {"answer_ids", nlohmann::json::array()}};
    for (int token = 0; token < 3 + i % 5; ++token) line["input_ids"].push_back(3 + random() % 290);
    for (int token = 0; token < 1 + i % 3; ++token) line["answer_ids"].push_back(3 + random() % 290);
    text += line.dump() + "\n";
  }
  return text;
}

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
