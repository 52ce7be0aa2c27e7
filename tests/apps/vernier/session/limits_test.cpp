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
