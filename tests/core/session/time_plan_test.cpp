// What a plan says of seconds: nothing without a journal, and in proportion to the work with one.
#include <gmock/gmock.h>

#include "core/session/run_recipe.h"
#include "support/linear_recipe.h"

namespace vernier::core::testing {
namespace {

using nlohmann::json;

class TimePlan : public ::testing::Test {
 protected:
  TimePlan() {
    test::write_linear_checkpoint(folder_.path(), 3, 4, 1, 0);
    recipe_ = test::linear_recipe(folder_ / "checkpoint", true, {2, 4}, 4);
    recipe_["export"] = {{{"backend", "circle"}, {"file", "m.circle"}, {"verify", json::object()}}};
    recipe_["runtime"] = {{"journal", (folder_ / "journal").string()}};
  }
  [[nodiscard]] SessionOptions options() const {
    test::write_file(folder_ / "recipe.json", recipe_.dump());
    SessionOptions options;
    options.recipe = folder_ / "recipe.json";
    options.out = folder_ / "out";
    options.device = &make_reference_device;
    return options;
  }
  [[nodiscard]] json planned() const { return plan(options()).at("predicted_seconds"); }
  // Another calibration, of so many samples: nothing of the journal's observations fits.
  json run_on(int samples) {
    recipe_["calibration"]["samples"] = samples;
    return *run(options()).report;
  }

  test::TempFolder folder_;
  json recipe_;
};

TEST_F(TimePlan, IsUnknownWithoutAJournal) {
  recipe_["runtime"] = json::object();
  EXPECT_TRUE(planned().is_null());
  EXPECT_TRUE(run_on(4).at("predicted_seconds").is_null());
}

TEST_F(TimePlan, IsWhatTheSameWorkTookBeforeAndInProportion) {
  const json before = planned();
  EXPECT_EQ(before, json::parse(R"({"observe_weights": null, "calibrate": null, "evaluate": null,
                                    "export": null, "verify": null, "total": null})"));
  const json first = run_on(4);
  EXPECT_EQ(first.at("predicted_seconds"), before) << "a run tells what it could know";
  const json& took = first.at("seconds");
  recipe_["calibration"]["inputs"]["seed"] = 7;
  recipe_["evaluation"] = {{"samples", 3}};
  recipe_["calibration"]["samples"] = 8;
  const json predicted = planned();
  EXPECT_EQ(predicted.at("observe_weights"), took.at("observe_weights"));
  EXPECT_DOUBLE_EQ(predicted.at("calibrate"), 2 * took.at("calibrate").get<double>());
  EXPECT_DOUBLE_EQ(predicted.at("evaluate"), 3 * took.at("evaluate").get<double>());
  EXPECT_DOUBLE_EQ(predicted.at("verify"), 3 * took.at("verify").get<double>());
  double total = 0;
  for (const char* phase : {"observe_weights", "calibrate", "evaluate", "export", "verify"})
    total += predicted.at(phase).get<double>();
  EXPECT_DOUBLE_EQ(predicted.at("total"), total);
  EXPECT_EQ(run_on(8).at("predicted_seconds"), predicted);
}

TEST_F(TimePlan, SaysNothingOfWorkThatNobodyDidNearly) {
  run_on(4);
  recipe_["calibration"]["samples"] = 41;
  EXPECT_TRUE(planned().at("calibrate").is_null());
  EXPECT_TRUE(planned().at("total").is_null());
  recipe_["calibration"]["samples"] = 40;
  EXPECT_TRUE(planned().at("calibrate").is_number());
}

TEST_F(TimePlan, ACalibrationThatIsKeptTakesNoTime) {
  run_on(4);
  EXPECT_FALSE(planned().contains("calibrate"));
  EXPECT_TRUE(planned().at("total").is_number());
}

TEST_F(TimePlan, ADamagedFileIsNone) {
  for (const char* text : {"", "[", "{}", "[1]", R"([{"kind": 1}])",
                           R"([{"kind": "k", "phase": "p", "by": "", "units": "x", "seconds": 1}])"}) {
    test::write_file(folder_ / "journal/times.json", text);
    EXPECT_TRUE(planned().at("total").is_null()) << text;
  }
  run_on(4);
  EXPECT_TRUE(planned().at("total").is_number()) << "it is written anew";
}

}  // namespace
}  // namespace vernier::core::testing
