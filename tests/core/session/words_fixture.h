// Runs of recipes with the program of the fixture `words`, on samples that a test writes.
#pragma once

#include <gtest/gtest.h>

#include <string>

#include "core/session/run_recipe.h"
#include "support/expect_error.h"
#include "support/tensors.h"

namespace vernier::core::testing {

using nlohmann::json;

// Letters are tokens, 0 for "a", as the fixture `spelling` makes them. The profile's sequence is 12.
class WordsRecipe : public ::testing::Test {
 protected:
  WordsRecipe() {
    test::write_tensors(folder_ / "checkpoint/model.safetensors",
                        {{"embed.weight", test::ramp({26, 4})}, {"head.weight", test::ramp({26, 4})}});
    config(json::object());
    // 4, 5 and 2 tokens that something follows.
    test::write_file(folder_ / "calibration.jsonl",
                     "{\"input\": [1, 2, 25], \"answer_ids\": [4, 5]}\n"
                     "{\"input\": [7, 24, 9, 0], \"answer_ids\": [11, 3]}\n"
                     "{\"input\": [20], \"answer_ids\": [1, 2]}\n");
    // 7 and 6.
    test::write_file(folder_ / "evaluation.jsonl",
                     "{\"input\": [2, 25, 7, 8, 3], \"answer_ids\": [1, 4, 2]}\n"
                     "{\"input\": [3, 4, 5, 6, 7], \"answer_ids\": [9, 1]}\n");
    recipe_ = {
        {"version", 1},
        {"model", {{"checkpoint", "checkpoint"}, {"program", true}, {"profile", {{"sequence", 12}}}}},
        {"quantization",
         {{"activation", {{"observer", "minmax"}, {"dtype", "uint8"}}},
          {"weight", {{"observer", "minmax"}, {"dtype", "uint8"}}}}},
        {"calibration", {{"inputs", {{"kind", "jsonl"}, {"path", "calibration.jsonl"}}}}},
        {"evaluation", {{"inputs", {{"kind", "jsonl"}, {"path", "evaluation.jsonl"}}}, {"samples", 2}}},
        {"export",
         json::array({{{"backend", "circle"}, {"file", "{unit}.circle"}, {"verify", json::object()}}})},
        {"runtime", {{"isolate", false}}}};
  }
  // What config.json has besides sizes.
  void config(const json& more) {
    json all = {{"architectures", json::array({"WordsModel"})}, {"vocab_size", 26}, {"hidden_size", 4}};
    all.update(more);
    test::write_file(folder_ / "checkpoint/config.json", all.dump());
  }
  static std::filesystem::path fixture(const std::string& name) {
    return std::filesystem::path(VERNIER_BINARY_DIR) / "fixtures" / name / (name + ".so");
  }
  [[nodiscard]] SessionOptions options(const std::string& out = "out") const {
    test::write_file(folder_ / "recipe.json", recipe_.dump(1));
    SessionOptions options;
    options.recipe = folder_ / "recipe.json";
    options.plugin_files = {fixture("words"), fixture("spelling")};
    options.out = folder_ / out;
    options.device = &make_reference_device;
    return options;
  }

  test::TempFolder folder_;
  json recipe_;
};

}  // namespace vernier::core::testing
