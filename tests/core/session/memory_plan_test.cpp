// runtime.max_memory: what a run takes is told before, refused where it is too much, and held while it goes
// on.
#include "session/memory_plan.h"

#include <gmock/gmock.h>

#include <type_traits>

#include "core/session/run_recipe.h"
#include "session/pipeline.h"
#include "support/expect_error.h"
#include "support/linear_recipe.h"
#include "tensor/memory_blocks.h"
#include "vernier/core/device_factory.h"
#include "vernier/core/error.h"

namespace vernier::core::testing {
namespace {

constexpr uint64_t kMiB = uint64_t{1} << 20;

class MaximumMemoryPlan : public ::testing::Test {
 protected:
  // A Linear of [64, 64] on samples of `rows` rows.
  nlohmann::json recipe(int64_t rows, int samples = 2) {
    test::write_linear_checkpoint(folder_.path(), 64, 64, 1);
    nlohmann::json result = test::linear_recipe(folder_ / "checkpoint", false, {1, rows, 64}, samples);
    result["calibration"]["inputs"]["inputs"]["input"]["distribution"] = "normal";
    return result;
  }
  nlohmann::json plan_of(const nlohmann::json& recipe) {
    test::write_file(folder_ / "recipe.json", recipe.dump());
    SessionOptions options;
    options.recipe = folder_ / "recipe.json";
    return plan(options).at("memory");
  }
  static uint64_t phase(const nlohmann::json& memory, const char* name) {
    return memory.at("phases").at(name).get<uint64_t>();
  }
  test::TempFolder folder_;
};

// It keeps their address: options that are gone with the line are refused by the compiler.
static_assert(std::is_constructible_v<Pipeline, const SessionOptions&>);
static_assert(!std::is_constructible_v<Pipeline, SessionOptions>);

TEST_F(MaximumMemoryPlan, CountsLiveValues) {
  const uint64_t value = 16384 * 64 * sizeof(float);  // 4 MiB
  const nlohmann::json memory = plan_of(recipe(16384));
  // The input and the result; the input is read again by the rounded run, whose values come on top.
  EXPECT_EQ(phase(memory, "calibrate"), 2 * value);
  EXPECT_EQ(phase(memory, "evaluate"), 4 * value + 64 * 64 * (1 + sizeof(float)));
  EXPECT_EQ(memory.at("predicted_bytes"), memory.at("smallest_bytes")) << "nothing can be kept less of";
  EXPECT_GT(memory.at("predicted_bytes").get<uint64_t>(),
            memory.at("base_bytes").get<uint64_t>() + phase(memory, "evaluate"));
}

TEST_F(MaximumMemoryPlan, StacksCountAsOften) {
  const uint64_t value = 16384 * 64 * sizeof(float);
  nlohmann::json stacked = recipe(16384, 5);
  stacked["calibration"]["batch_size"] = 4;
  // Four at once, twice while they are stacked, the last one alone, and the one after them.
  EXPECT_EQ(phase(plan_of(stacked), "calibrate"), (2 * 4 + 1 + 1) * value);
  stacked["calibration"]["samples"] = 2;
  EXPECT_EQ(phase(plan_of(stacked), "calibrate"), (2 * 2 + 1 + 1) * value) << "there are only two";
}

TEST_F(MaximumMemoryPlan, BelowTheSmallestIsRefusedWithIt) {
  nlohmann::json limited = recipe(16384);
  const uint64_t smallest = plan_of(limited).at("smallest_bytes");
  limited["runtime"] = {{"max_memory", smallest + 64 * kMiB}};
  EXPECT_EQ(phase(plan_of(limited), "calibrate"), 2 * 16384 * 64 * sizeof(float));
  limited["runtime"] = {{"max_memory", smallest / 2}};
  test::expect_error(ErrorKind::kUsage, "MiB (evaluate needs most), runtime.max_memory allows",
                     [&] { plan_of(limited); });
  test::expect_error(ErrorKind::kUsage, "MiB or more, lower calibration.batch_size",
                     [&] { plan_of(limited); });
}

TEST_F(MaximumMemoryPlan, SweepsKeepLessWhereTheLimitIsSmall) {
  // A half-precision weight is widened once for all samples, where that is allowed.
  test::write_file(folder_ / "description.json",
                   R"({"seed": 1, "config": {}, "tensors": [{"name": "weight", "dtype": "bfloat16", "shape":)"
                   R"( [2048, 1024], "distribution": "normal", "mean": 0, "std": 1}]})");
  synthesize(folder_ / "description.json", folder_ / "half");
  nlohmann::json half = test::linear_recipe(folder_ / "half", false, {1, 4096, 1024}, 3);
  half["evaluation"] = {{"samples", 3}};
  test::write_file(folder_ / "recipe.json", half.dump());
  SessionOptions options;
  options.recipe = folder_ / "recipe.json";
  options.device = &make_reference_device;
  Pipeline pipeline(options, TrialScope::kPlan, /*runs_elsewhere=*/true);
  pipeline.trace();
  const auto planned = [&](uint64_t limit) {
    pipeline.p.recipe.runtime.max_memory = limit;
    return plan_memory(pipeline.p, pipeline.units, false, 64 * kMiB, 0);
  };
  const MemoryPlan usual = planned(0);
  const uint64_t widened = uint64_t{2048} * 1024 * 4;
  const uint64_t slack = MemoryBlocks::kSlack;
  EXPECT_EQ(usual.predicted(), usual.smallest - slack + widened);
  EXPECT_EQ(planned(usual.smallest).predicted(), usual.smallest - slack) << "one at a time";
  EXPECT_EQ(planned(4 * usual.smallest).predicted(), usual.predicted()) << "one for each run";
  test::expect_error(ErrorKind::kUsage, "(evaluate needs most)", [&] { planned(usual.smallest - 1); });
}

// What observers see in pieces is not said to be needed whole, though nothing else needs more.
TEST_F(MaximumMemoryPlan, NamesNoWeightThatIsSeenInPieces) {
  test::write_file(folder_ / "description.json",
                   R"({"seed": 1, "config": {}, "tensors": [{"name": "weight", "dtype": "bfloat16", "shape":)"
                   R"( [64, 64], "distribution": "normal", "mean": 0, "std": 1}]})");
  synthesize(folder_ / "description.json", folder_ / "half");
  nlohmann::json half = test::linear_recipe(folder_ / "half", false, {1, 1, 64}, 1);
  half["runtime"] = {{"max_memory", 1}};
  try {
    plan_of(half);
    FAIL() << "no error";
  } catch (const Error& error) {
    EXPECT_NE(error.format().find("needs most), runtime.max_memory allows 0 MiB"), std::string::npos);
    EXPECT_EQ(error.format().find("needs all of tensor"), std::string::npos) << error.format();
  }
}

TEST_F(MaximumMemoryPlan, IsInTheReportBesideWhatWasTaken) {
  test::write_file(folder_ / "recipe.json", recipe(64).dump());
  const RunResult result = run_recipe(folder_ / "recipe.json", folder_ / "out");
  const auto& memory = result.report->at("memory");
  for (const char* key : {"predicted_bytes", "smallest_bytes", "base_bytes", "phases"})
    EXPECT_TRUE(memory.contains(key)) << key;
  for (const char* name : {"observe_weights", "calibrate", "evaluate", "report"})
    EXPECT_TRUE(memory.at("anonymous_bytes").contains(name)) << name;
}

}  // namespace
}  // namespace vernier::core::testing
