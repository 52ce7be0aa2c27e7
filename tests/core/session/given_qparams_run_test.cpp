// quantization.from: a run with the qparams of an earlier one calibrates nothing and writes the same bytes.
#include <gmock/gmock.h>

#include "core/session/units_fixture.h"
#include "support/linear_recipe.h"
#include "vernier/core/error.h"
#include "vernier/core/verify.h"

namespace vernier::core::testing {
namespace {

namespace fs = std::filesystem;
using ::testing::HasSubstr;
using ::testing::IsEmpty;
using ::testing::Not;

// A Linear by channels, with a bias of about 1000, for which scales of the weight are raised; in Circle and
// in ONNX.
class FromQparams : public ::testing::Test {
 protected:
  FromQparams() {
    test::write_linear_checkpoint(folder_.path(), 3, 4, 1e-4, 1000);
    recipe_ = test::linear_recipe(folder_ / "checkpoint", true, {2, 4}, 5);
    recipe_["evaluation"] = {{"samples", 2}};
    recipe_["quantization"] = {
        {"activation", {{"observer", "percentile"}, {"dtype", "uint8"}, {"options", {{"percentile", 99}}}}},
        {"weight", {{"observer", "minmax"}, {"dtype", "int8"}, {"granularity", "channel"}, {"axis", 0}}}};
    recipe_["export"] = {{{"backend", "circle"}, {"file", "m.circle"}, {"profile", "none"}},
                         {{"backend", "onnx"}, {"file", "m.onnx"}}};
  }
  [[nodiscard]] SessionOptions options(const std::string& out, const std::string& from) const {
    test::write_file(folder_ / "recipe.json", recipe_.dump(1));
    SessionOptions options;
    options.recipe = folder_ / "recipe.json";
    options.out = folder_ / out;
    options.device = &make_reference_device;
    if (!from.empty()) options.overrides = {"quantization.from=" + from};
    return options;
  }
  json run_into(const std::string& out, const std::string& from = "") const {
    return *run(options(out, from)).report;
  }
  void expect_same_files(const std::vector<std::string>& names) const {
    for (const std::string& name : names)
      EXPECT_EQ(test::read_file(folder_ / "first" / name), test::read_file(folder_ / "second" / name))
          << name;
  }

  test::TempFolder folder_;
  json recipe_;
};

TEST_F(FromQparams, FilesAreTheSameBytesAndNothingIsCalibrated) {
  const json first = run_into("first");
  ASSERT_THAT(test::read_file(folder_ / "first/qparams.json"), HasSubstr("raised"));
  EXPECT_TRUE(first.at("qparams_from").is_null());
  const json second = run_into("second", "first/qparams.json");
  expect_same_files({"m.circle", "m.onnx", "qparams.json"});
  EXPECT_EQ(second.at("qparams_from"),
            (json{{"file", (folder_ / "first/qparams.json").string()}, {"sites", 3}}));
  EXPECT_EQ(second.at("samples"), (json{{"calibration", 0}, {"evaluation", 2}}));
  EXPECT_EQ(second.at("metrics"), first.at("metrics"));
  EXPECT_FALSE(second.at("seconds").contains("calibrate"));
  EXPECT_FALSE(second.at("seconds").contains("observe_weights"));
  EXPECT_FALSE(second.at("memory").at("phases").contains("calibrate"));
  EXPECT_THAT(test::read_file(folder_ / "second/report.html"), HasSubstr("nothing was calibrated"));
  for (const json& site : second.at("coverage").at("sites")) EXPECT_EQ(site.at("collected"), 0);
}

TEST_F(FromQparams, CalibrationSamplesAreNotNeededWhereEvaluationHasSome) {
  run_into("first");
  json inputs = recipe_["calibration"]["inputs"];
  recipe_.erase("calibration");
  test::expect_error(ErrorKind::kUsage, "missing key \"calibration\"", [&] { run_into("second"); });
  test::expect_error(ErrorKind::kUsage, "or \"inputs\" to \"evaluation\": a file gets the shapes",
                     [&] { run_into("second", "first/qparams.json"); });
  recipe_["evaluation"]["inputs"] = inputs;
  test::expect_error(ErrorKind::kUsage, "missing key \"calibration\"", [&] { run_into("second"); });
  const json report = run_into("second", "first/qparams.json");
  expect_same_files({"m.circle", "m.onnx", "qparams.json"});
  // The effective recipe says the same.
  recipe_ = read_json(folder_ / "second/recipe.effective.json");
  EXPECT_FALSE(recipe_.contains("calibration"));
  run_into("third");
  EXPECT_EQ(test::read_file(folder_ / "third/m.circle"), test::read_file(folder_ / "first/m.circle"));
  recipe_["evaluation"]["inputs"] = {{"kind", "npy"}};
  test::expect_error(ErrorKind::kUsage, "(/evaluation/inputs)", [&] { run_into("fourth"); });
}

TEST_F(FromQparams, PlanSaysWhereTheyComeFromAndRefusesWhatDisagrees) {
  run_into("first");
  const json planned = plan(options("second", "first/qparams.json"));
  EXPECT_EQ(planned.at("qparams_from").at("sites"), 3);
  EXPECT_EQ(planned.at("qparams_from").at("file"), (folder_ / "first/qparams.json").string());
  EXPECT_TRUE(plan(options("second", "")).at("qparams_from").is_null());
  recipe_["quantization"]["weight"]["dtype"] = "int4";
  test::expect_error(ErrorKind::kUsage, "has int8 here, and the recipe gives it int4 (role default)",
                     [&] { (void)plan(options("second", "first/qparams.json")); });
  test::expect_error(ErrorKind::kUsage, "(/quantization/from)",
                     [&] { (void)plan(options("second", "first/none.json")); });
  test::write_file(folder_ / "cut.json", "[");
  test::expect_error(ErrorKind::kData, "cut.json:1:", [&] { (void)plan(options("second", "cut.json")); });
}

// The same file with a weight in float, which the earlier run quantized.
TEST_F(FromQparams, AFloatSiteIsNotInTheFile) {
  recipe_["quantization"]["rules"] = {{{"match", "act_in"}, {"observer", "identity"}}};
  recipe_["export"].erase(0);
  run_into("first");
  run_into("second", "first/qparams.json");
  expect_same_files({"m.onnx", "qparams.json"});
  recipe_["quantization"].erase("rules");
  test::expect_error(ErrorKind::kUsage, "site act_in of the model is not in the file",
                     [&] { run_into("third", "first/qparams.json"); });
}

TEST_F(FromQparams, TheFileIsNeverWrittenTo) {
  run_into("first");
  const std::string before = test::read_file(folder_ / "first/qparams.json");
  test::expect_error(ErrorKind::kUsage, "would overwrite the qparams that the recipe reads",
                     [&] { run_into("first", "first/qparams.json"); });
  fs::create_directories(folder_ / "first/previous/recipe");
  fs::copy(folder_ / "first/qparams.json", folder_ / "first/previous/recipe/qparams.json");
  test::expect_error(ErrorKind::kUsage, "is among the earlier files that the output folder",
                     [&] { run_into("first", "first/previous/recipe/qparams.json"); });
  EXPECT_EQ(test::read_file(folder_ / "first/qparams.json"), before);
}

TEST_F(FromQparams, WeightsAreLookedAtAllTheSame) {
  run_into("first");
  json changed = read_json(folder_ / "first/qparams.json");
  for (json& row : changed) {
    if (row.at("site") != "weight") continue;
    row.erase("raised");
    for (json& one : row["scale"]) one = 1e6;
  }
  test::write_file(folder_ / "lost.json", changed.dump());
  test::expect_error(ErrorKind::kData, "all codes of tensor weight mean 0",
                     [&] { run_into("second", "lost.json"); });
  test::expect_error(ErrorKind::kData, "check the scales of " + (folder_ / "lost.json").string(),
                     [&] { run_into("second", "lost.json"); });
  recipe_["quantization"]["on_zero_codes"] = "warn";
  EXPECT_THAT(run_into("second", "lost.json").at("warnings"), Not(IsEmpty()));
}

TEST_F(FromQparams, VerifyTakesThemToo) {
  run_into("first");
  VerifyOptions file;
  file.file = folder_ / "first/m.circle";
  const json rows = verify(options("second", "first/qparams.json"), file);
  EXPECT_EQ(rows.at(0).at("outputs").at(0).at("quantized_to_file").at("max_step"), 0);
}

// Two units, one of which feeds the other.
TEST_F(Units, FilesFromQparamsAreTheSameBytes) {
  run(options());
  fs::rename(folder_ / "run", folder_ / "first");
  recipe_["quantization"]["from"] = (folder_ / "first/qparams.json").string();
  run(options());
  for (const char* name : {"prefill.circle", "decode.circle", "qparams.json"})
    EXPECT_EQ(test::read_file(folder_ / "run" / name), test::read_file(folder_ / "first" / name)) << name;
  // One of them needs some of the sites.
  recipe_["units"].erase(1);
  recipe_["export"].erase(1);
  fs::remove_all(folder_ / "run");
  run(options());
  EXPECT_EQ(test::read_file(folder_ / "run/prefill.circle"),
            test::read_file(folder_ / "first/prefill.circle"));
}

// `verify` knows what no unit reaches, as `run` does.
TEST_F(Units, VerifyLeavesOutASiteOfAnEntryThatIsNotRun) {
  recipe_["units"].erase(1);
  recipe_["export"].erase(1);
  run(options());
  VerifyOptions file;
  file.file = folder_ / "run/prefill.circle";
  EXPECT_EQ(verify(options(), file).at(0).at("unit"), "prefill");
}

}  // namespace
}  // namespace vernier::core::testing
