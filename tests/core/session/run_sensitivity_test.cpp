// What a run's report says of the costs of sites, and which measure it takes.
#include "session/run_sensitivity.h"

#include <nlohmann/json.hpp>

#include "core/session/run_recipe.h"
#include "core/session/words_fixture.h"
#include "support/linear_recipe.h"
#include "text/json_schema.h"
#include "vernier/core/sensitivity.h"

namespace vernier::core::testing {
namespace {

class RunSensitivity : public ::testing::Test {
 protected:
  RunSensitivity() { test::write_linear_checkpoint(folder_.path(), 3, 4, 0.5, 0); }

  [[nodiscard]] SessionOptions linear(int samples, const std::vector<std::string>& overrides = {}) const {
    json recipe = test::linear_recipe(folder_ / "checkpoint", true, {2, 4}, samples);
    recipe["evaluation"] = {{"samples", 2}};
    recipe["quantization"] = {{"activation", {{"observer", "minmax"}, {"dtype", "uint8"}}}};
    test::write_file(folder_ / "recipe.json", recipe.dump());
    SessionOptions options;
    options.recipe = folder_ / "recipe.json";
    options.overrides = overrides;
    options.out = folder_ / "run";
    options.device = &make_reference_device;
    return options;
  }
  static json costs(const SessionOptions& options) {
    const json report = *run(options).report;
    const json schema = read_json(source_file("schemas/report.schema.json"));
    EXPECT_TRUE(validate_schema(schema, report).empty());
    return report.at("statistics").at("costs");
  }
  static double cost_of(const json& costs, const std::string& site) {
    for (const json& row : costs.at("rows")) {
      if (row.at("sites").at(0) == site) return row.at("sqnr_db").get<double>();
    }
    ADD_FAILURE() << "no row for " << site;
    return 0;
  }

  test::TempFolder folder_;
};

TEST_F(RunSensitivity, ARunOfFewSamplesTellsTheSitesOwnGrids) {
  const SessionOptions options = linear(3);
  const json report = *run(options).report;
  const json& told = report.at("statistics").at("costs");
  EXPECT_EQ(told.at("measure"), "own_grid");
  EXPECT_EQ(told.at("samples"), 0);
  ASSERT_EQ(told.at("rows").size(), 3U);
  for (const json& site : report.at("statistics").at("sites"))
    EXPECT_EQ(cost_of(told, site.at("site")), site.at("own_sqnr_db").get<double>());
  for (size_t i = 1; i < 3; ++i)
    EXPECT_LE(told["rows"][i - 1]["sqnr_db"].get<double>(), told["rows"][i]["sqnr_db"].get<double>());
}

// 2 + 2.5 sqrt(3) forwards are a tenth of 64 samples: 60 of calibration, 2 of evaluation in two readings.
TEST_F(RunSensitivity, ARunOfManySamplesEstimatesOnOne) {
  EXPECT_EQ(costs(linear(59)).at("measure"), "own_grid");
  const json estimate = costs(linear(60));
  EXPECT_EQ(estimate.at("measure"), "estimate");
  EXPECT_EQ(estimate.at("samples"), 1);
  SensitivityOptions one;
  one.samples = 1;
  for (const SensitivityRow& row : measure_sensitivity(linear(60), one).sensitivity.rows)
    EXPECT_NEAR(cost_of(estimate, row.sites.front()), row.error.sqnr_db, 3) << row.sites.front();
  EXPECT_EQ(costs(linear(60, {"runtime.max_memory=4GiB"})).at("measure"), "own_grid")
      << "nothing that was not planned";
}

TEST_F(RunSensitivity, MeasuresWhereItIsAskedTo) {
  SessionOptions options = linear(3);
  options.measures_sensitivity = true;
  const json told = costs(options);
  EXPECT_EQ(told.at("measure"), "one-quantized");
  EXPECT_EQ(told.at("samples"), 2);
  for (const SensitivityRow& row : measure_sensitivity(linear(3), {}).sensitivity.rows)
    EXPECT_NEAR(cost_of(told, row.sites.front()), row.error.sqnr_db, 1e-9) << row.sites.front();
}

TEST_F(RunSensitivity, AKeptEvaluationKeepsWhatWasToldUnlessMoreIsWanted) {
  SessionOptions options = linear(3);
  options.journal = folder_ / "journal";
  const json first = costs(options);
  EXPECT_EQ(costs(options), first);
  options.measures_sensitivity = true;
  EXPECT_EQ(costs(options).at("measure"), "one-quantized");
  options.measures_sensitivity = false;
  EXPECT_EQ(costs(options).at("measure"), "one-quantized") << "it is there";
}

class SensitivityOfAProgramsRun : public WordsRecipe {};

TEST_F(SensitivityOfAProgramsRun, IsThatOfItsSitesOwnGrids) {
  SessionOptions session = options();
  const json told = run(session).report->at("statistics").at("costs");
  EXPECT_EQ(told.at("measure"), "own_grid");
  EXPECT_FALSE(told.at("rows").empty());
  session.measures_sensitivity = true;
  test::expect_error(ErrorKind::kUsage, "--sensitivity", [&] { (void)run(session); });
}

}  // namespace
}  // namespace vernier::core::testing
