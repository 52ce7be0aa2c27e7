// What stops a run from outside: a memory limit, a signal.
#include <gmock/gmock.h>

#include <filesystem>
#include <nlohmann/json.hpp>

#include "command_line.h"
#include "support/linear_recipe.h"
#include "support/temp_folder.h"
#include "vernier/core/synthesize.h"

namespace vernier::test {
namespace {

using ::testing::HasSubstr;

TEST(Limits, AreHeldWhileTheRunGoesOn) {
  const TempFolder folder;
  write_file(
      folder / "description.json",
      R"({"seed": 1, "config": {}, "tensors": [{"name": "weight", "dtype": "float32", "shape": [4, 4],)"
      R"( "distribution": "normal", "mean": 0, "std": 1}]})");
  core::synthesize(folder / "description.json", folder / "checkpoint");
  const nlohmann::json recipe = {
      {"version", 1},
      {"model",
       {{"checkpoint", "checkpoint"}, {"module", ""}, {"type", "Linear"}, {"config", {{"bias", false}}}}},
      {"calibration",
       {{"inputs",
         {{"kind", "synthetic"},
          {"inputs",
           {{"input", {{"shape", {1, 1000000, 4}}, {"dtype", "float32"}, {"distribution", "normal"}}}}}}},
        {"samples", 12}}},
      {"export", {{{"backend", "circle"}, {"file", "out.circle"}}}}};
  write_file(folder / "recipe.json", recipe.dump(2));
  const std::string run = "run " + (folder / "recipe.json").string() + " --out " + (folder / "run").string();
  const auto plan = run_vernier("plan " + (folder / "recipe.json").string() + " --json");
  const auto memory = nlohmann::json::parse(plan.text).at("memory");
  const std::string limited = run + " --set runtime.max_memory=" + memory.at("smallest_bytes").dump();
  EXPECT_EQ(run_vernier(limited).exit_code, 0) << "the smallest limit is one that works";
  const auto taken = nlohmann::json::parse(read_file(folder / "run/report.json")).at("memory");
  for (const auto& [phase, bytes] : taken.at("anonymous_bytes").items())
    EXPECT_LE(bytes, memory.at("smallest_bytes")) << phase;
  Outcome outcome = run_vernier("verify " + (folder / "run/out.circle").string() + " --recipe " +
                                (folder / "recipe.json").string() +
                                " --set runtime.max_memory=" + memory.at("smallest_bytes").dump());
  EXPECT_EQ(outcome.exit_code, 0) << outcome.text;
  outcome = run_vernier("verify " + (folder / "run/out.circle").string() + " --recipe " +
                        (folder / "recipe.json").string() + " --set runtime.max_memory=1MiB");
  EXPECT_EQ(outcome.exit_code, 2) << outcome.text;
  EXPECT_THAT(outcome.text, HasSubstr("needs most), runtime.max_memory allows 1 MiB"));
  std::filesystem::remove_all(folder / "run");
  // Twelve samples of 16 MB at once do not fit into what one at a time takes: it is known before.
  outcome = run_vernier(limited + " --set calibration.batch_size=12");
  EXPECT_EQ(outcome.exit_code, 2) << outcome.text;
  EXPECT_THAT(outcome.text, HasSubstr("(calibrate needs most), runtime.max_memory allows"));
  EXPECT_THAT(outcome.text, HasSubstr("(/runtime/max_memory)"));
  // What a plugin takes nobody can know: the limit is held while it goes on.
  outcome = run_vernier(
      limited +
      " --plugin " VERNIER_BINARY_DIR
      "/fixtures/misbehaves/misbehaves.so --set runtime.isolate=false --set "
      "'quantization.activation={\"observer\": \"misbehaves\", \"options\": {\"fault\": \"hoards\"}}'");
  EXPECT_EQ(outcome.exit_code, 2) << outcome.text;
  EXPECT_THAT(outcome.text, HasSubstr("the run has taken"));
  EXPECT_THAT(outcome.text, HasSubstr("(/runtime/max_memory)"));
  EXPECT_FALSE(std::filesystem::exists(folder / "run"));
}

// Inputs of 40 samples, 2 MiB each, wait for the head's observers: in a scratch file where the limit says so.
TEST(Limits, OfARecipeWithAProgramAreHeld) {
  const TempFolder folder;
  const auto random = [](const char* name, std::vector<int> shape) {
    return nlohmann::json{{"name", name},
                          {"dtype", "float32"},
                          {"shape", std::move(shape)},
                          {"distribution", "normal"},
                          {"mean", 0},
                          {"std", 1}};
  };
  nlohmann::json tensors = nlohmann::json::array();
  tensors.push_back(random("embed.weight", {64, 256}));
  tensors.push_back(random("head.weight", {64, 256}));
  write_file(folder / "description.json",
             nlohmann::json{{"seed", 1},
                            {"config",
                             {{"architectures", nlohmann::json::array({"WordsModel"})},
                              {"vocab_size", 64},
                              {"hidden_size", 256}}},
                            {"tensors", tensors}}
                 .dump());
  core::synthesize(folder / "description.json", folder / "checkpoint");
  std::string lines;
  for (int sample = 0; sample < 40; ++sample) {
    nlohmann::json ids = nlohmann::json::array();
    for (int i = 0; i < 2000; ++i) ids.push_back((i * 7 + sample) % 64);
    lines += nlohmann::json{{"input", ids}, {"answer_ids", {1, 2}}}.dump() + "\n";
  }
  write_file(folder / "lines.jsonl", lines);
  const nlohmann::json recipe = {
      {"version", 1},
      {"model", {{"checkpoint", "checkpoint"}, {"program", true}, {"profile", {{"sequence", 2048}}}}},
      {"calibration", {{"inputs", {{"kind", "jsonl"}, {"path", "lines.jsonl"}}}}},
      {"evaluation", {{"samples", 2}}},
      {"runtime", {{"isolate", false}}},
      {"export", nlohmann::json::array({{{"backend", "circle"}, {"file", "{unit}.circle"}}})}};
  write_file(folder / "recipe.json", recipe.dump(2));
  const std::string common = (folder / "recipe.json").string() +
                             " --plugin " VERNIER_BINARY_DIR
                             "/fixtures/words/words.so --set runtime.max_memory=";
  const Outcome planned = run_vernier("plan --json " + common + "4GiB");
  ASSERT_EQ(planned.exit_code, 0) << planned.text;
  const auto memory = nlohmann::json::parse(planned.text).at("memory");
  const auto smallest = memory.at("smallest_bytes").get<uint64_t>();
  EXPECT_GT(memory.at("predicted_bytes").get<uint64_t>(), smallest + (uint64_t{40} << 20));
  const std::string run = "run --out " + (folder / "run").string() + " " + common;
  const Outcome least = run_vernier(run + std::to_string(smallest));
  EXPECT_EQ(least.exit_code, 0) << least.text;
  const auto taken = nlohmann::json::parse(read_file(folder / "run/report.json")).at("memory");
  for (const auto& [phase, bytes] : taken.at("anonymous_bytes").items()) EXPECT_LE(bytes, smallest) << phase;
  const std::string files = read_file(folder / "run/head.circle");
  const Outcome usual = run_vernier(run + "4GiB");
  EXPECT_EQ(usual.exit_code, 0) << usual.text;
  EXPECT_EQ(read_file(folder / "run/head.circle"), files);
  const auto calibrated = nlohmann::json::parse(read_file(folder / "run/report.json"))
                              .at("memory")
                              .at("anonymous_bytes")
                              .at("calibrate")
                              .get<uint64_t>();
  EXPECT_LE(calibrated, memory.at("predicted_bytes").get<uint64_t>()) << "each input is kept once";
  const Outcome below = run_vernier(run + std::to_string(smallest - (uint64_t{16} << 20)));
  EXPECT_EQ(below.exit_code, 2) << below.text;
  EXPECT_THAT(below.text, HasSubstr("(/runtime/max_memory)"));
  EXPECT_THAT(below.text, HasSubstr("MiB or more"));
}

// A sample of 800 MB and what is made of it, where there are 1.5 GB: no defect.
TEST(Limits, TooLittleMemoryIsToldAsThat) {
  const TempFolder folder;
  write_linear_checkpoint(folder.path(), 4, 4, 1);
  write_file(folder / "recipe.json", linear_recipe(folder / "checkpoint", false, {1, 50000000, 4}, 1).dump());
  const Outcome outcome =
      run_vernier("run " + (folder / "recipe.json").string() + " --out " + (folder / "run").string(),
                  "prlimit --as=1500000000");
  EXPECT_EQ(outcome.exit_code, 2) << outcome.text;
  EXPECT_THAT(outcome.text, HasSubstr("error: there is not enough memory\n  `vernier plan RECIPE` tells"));
  EXPECT_FALSE(std::filesystem::exists(folder / "run"));
}

TEST(Limits, ATerminatedRunLeavesNothing) {
  const TempFolder folder;
  // More samples than it could ever see.
  const std::string inputs =
      R"("calibration.inputs={\"kind\": \"synthetic\", \"inputs\": {\"inputs_embeds\": {\"shape\": [1,)"
      R"( 16, 32], \"dtype\": \"float32\", \"distribution\": \"normal\"}}}")";
  const Outcome outcome =
      run_vernier("run " VERNIER_SOURCE_DIR "/configs/gemma4_embedder.json --out " +
                      (folder / "run").string() + " --set " + inputs + " --set calibration.samples=100000000",
                  "timeout --foreground --preserve-status -s TERM 2");
  EXPECT_THAT(outcome.text, HasSubstr("stopped by the user (SIGTERM)"));
  EXPECT_EQ(outcome.exit_code, 143);
  EXPECT_FALSE(std::filesystem::exists(folder / "run"));
}

}  // namespace
}  // namespace vernier::test
