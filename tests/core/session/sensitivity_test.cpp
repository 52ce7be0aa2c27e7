// Sensitivity of real recipes: held to what runs of them measure.
#include "vernier/core/sensitivity.h"

#include <gmock/gmock.h>

#include <nlohmann/json.hpp>
#include <set>

#include "core/session/run_recipe.h"
#include "core/session/units_fixture.h"
#include "core/session/words_fixture.h"
#include "support/expect_error.h"

namespace vernier::core::testing {
namespace {

using ::testing::ElementsAre;

constexpr double kExact = 999;  // dB, in the place of an infinity

class SensitivityTest : public ::testing::Test {
 protected:
  [[nodiscard]] SessionOptions session(const std::filesystem::path& recipe,
                                       const std::vector<std::string>& overrides = {}) const {
    SessionOptions options;
    options.recipe = recipe;
    options.overrides = overrides;
    options.device = &make_reference_device;
    return options;
  }
  [[nodiscard]] SessionOptions embedder(std::vector<std::string> overrides = {}) const {
    for (const char* one : {"evaluation.samples=3", "gates={}", "export=[]"}) overrides.emplace_back(one);
    return session(source_file("configs/gemma4_embedder.json"), overrides);
  }
  static const SensitivityRow& row(const Sensitivity& found, const std::string& site) {
    for (const SensitivityRow& one : found.rows) {
      for (const std::string& path : one.sites) {
        if (path.ends_with(site)) return one;
      }
    }
    throw internal_error("no row for " + site);
  }
  // Of a run in which the sites that `float_sites` fits stay float.
  [[nodiscard]] double sqnr_of_run(const std::string& rules) const {
    const RunResult result =
        run_recipe(source_file("configs/gemma4_embedder.json"), folder_ / "run",
                   {"evaluation.samples=3", "gates={}", "export=[]", "quantization.rules=" + rules});
    const nlohmann::json& sqnr = result.report->at("metrics").at("sqnr_db");
    return sqnr.is_null() ? kExact : sqnr.get<double>();
  }

  static SuggestOptions int16_rules() {
    SuggestOptions suggest;
    suggest.dtype = kInt16;
    return suggest;
  }

  test::TempFolder folder_;
};

constexpr const char* kFloat = R"({"match": "**", "observer": "identity"})";

TEST_F(SensitivityTest, OneQuantizedIsWhatARunWithThatSiteAloneMeasures) {
  const Sensitivity found = measure_sensitivity(embedder(), {}).sensitivity;
  EXPECT_EQ(found.samples, 3U);
  EXPECT_NEAR(found.all.sqnr_db, sqnr_of_run("[]"), 1e-9);
  for (const SensitivityRow& one : found.rows) {
    std::string rules = kFloat;
    for (const std::string& site : one.sites)
      rules += R"(, {"match": ")" + site + R"(", "observer": "minmax"})";
    EXPECT_NEAR(std::min(one.error.sqnr_db, kExact), sqnr_of_run("[" + rules + "]"), 1e-9)
        << one.sites.front();
  }
  for (size_t i = 1; i < found.rows.size(); ++i)
    EXPECT_LE(found.rows[i - 1].error.sqnr_db, found.rows[i].error.sqnr_db);
}

TEST_F(SensitivityTest, LeaveOneFloatIsWhatARunWithoutThatSiteMeasures) {
  SensitivityOptions options;
  options.method = SensitivityMethod::kLeaveOneFloat;
  const Sensitivity found = measure_sensitivity(embedder(), options).sensitivity;
  for (const SensitivityRow& one : found.rows) {
    std::string rules;
    for (const std::string& site : one.sites)
      rules +=
          std::string(rules.empty() ? "" : ", ") + R"({"match": ")" + site + R"(", "observer": "identity"})";
    EXPECT_NEAR(std::min(one.error.sqnr_db, kExact), sqnr_of_run("[" + rules + "]"), 1e-9)
        << one.sites.front();
  }
  for (size_t i = 1; i < found.rows.size(); ++i)
    EXPECT_GE(found.rows[i - 1].error.sqnr_db, found.rows[i].error.sqnr_db);
}

TEST_F(SensitivityTest, TotalsAreRunsOfOneRole) {
  const Sensitivity found = measure_sensitivity(embedder(), {}).sensitivity;
  const std::string weights = R"({"match": "**/weight", "observer": "minmax"})";
  EXPECT_NEAR(found.weights.sqnr_db, sqnr_of_run("[" + (kFloat + (", " + weights)) + "]"), 1e-9);
  EXPECT_NEAR(found.activations.sqnr_db, sqnr_of_run(R"([{"match": "**/weight", "observer": "identity"}])"),
              1e-9);
}

TEST_F(SensitivityTest, RowsAreOfOneRoleOrOfModules) {
  SensitivityOptions weights;
  weights.activations = false;
  for (const SensitivityRow& one : measure_sensitivity(embedder(), weights).sensitivity.rows)
    EXPECT_TRUE(one.is_weight) << one.sites.front();
  SensitivityOptions modules;
  modules.by_module = true;
  const Sensitivity found = measure_sensitivity(embedder(), modules).sensitivity;
  const SensitivityRow& linear = row(found, "embedding_projection/weight");
  EXPECT_EQ(linear.module, "model.embed_vision.embedding_projection");
  for (const std::string& site : linear.sites) EXPECT_TRUE(site.starts_with(linear.module + "/")) << site;
  EXPECT_GE(linear.sites.size(), 2U);
}

// The folder's qparams, not those that its recipe would give now.
TEST_F(SensitivityTest, AFolderOfARunGivesItsQParams) {
  const std::vector<std::string> overrides = {"evaluation.samples=3", "gates={}"};
  const RunResult result =
      run_recipe(source_file("configs/gemma4_embedder.json"), folder_ / "run", overrides);
  const Sensitivity found = measure_sensitivity(session(folder_ / "run"), {}).sensitivity;
  EXPECT_NEAR(found.all.sqnr_db, result.report->at("metrics").at("sqnr_db").get<double>(), 1e-9);
  nlohmann::json qparams = read_json(folder_ / "run/qparams.json");
  for (auto& one : qparams) {
    if (one.at("site").get<std::string>().ends_with("weight")) continue;
    for (auto& scale : one["scale"]) scale = 4 * scale.get<float>();
  }
  test::write_file(folder_ / "run/qparams.json", qparams.dump());
  EXPECT_LT(measure_sensitivity(session(folder_ / "run"), {}).sensitivity.all.sqnr_db, found.all.sqnr_db - 6);
}

TEST_F(SensitivityTest, SuggestedRulesMakeARecipeThatKeepsItsWord) {
  nlohmann::json recipe = read_json(source_file("configs/gemma4_embedder.json"));
  recipe["model"]["checkpoint"] = source_file("tests/data/seed_example").string();
  for (const char* part : {"calibration", "evaluation"}) {
    recipe[part]["inputs"]["path"] = source_file("tests/data/seed_example/calibration.safetensors").string();
    recipe[part]["samples"] = 3;
  }
  recipe["gates"] = json::object();
  test::write_file(folder_ / "recipe.json", recipe.dump());
  std::filesystem::create_directory(folder_ / "raised");
  SuggestOptions suggest;
  suggest.dtype = kInt16;
  suggest.count = 2;
  suggest.write = folder_ / "raised/recipe.json";
  const SensitivityResult found = measure_sensitivity(session(folder_ / "recipe.json"), {}, suggest);
  EXPECT_EQ(found.suggested->rows, 2U);
  EXPECT_GT(found.suggested->after_db, found.suggested->before_db);
  const RunResult run = run_recipe(suggest.write, folder_ / "run", {"export=[]"});
  EXPECT_NEAR(run.report->at("metrics").at("sqnr_db").get<double>(), found.suggested->after_db, 0.1);
  size_t wide = 0;
  for (const auto& one : read_json(folder_ / "run/qparams.json")) wide += one.at("dtype") == "int16";
  EXPECT_EQ(wide, found.suggested->sites.size());
  test::expect_error(ErrorKind::kUsage, "exists already",
                     [&] { (void)measure_sensitivity(session(folder_ / "recipe.json"), {}, suggest); });
  suggest.write = folder_ / "other.json";
  test::expect_error(ErrorKind::kUsage, "--set gates={}", [&] {
    (void)measure_sensitivity(session(folder_ / "recipe.json", {"gates={}"}), {}, suggest);
  });
  test::expect_error(ErrorKind::kUsage, "not the folder of its run",
                     [&] { (void)measure_sensitivity(session(folder_ / "run"), {}, suggest); });
}

// Nine tenths of what all rows bring, of rows in the order of the table.
TEST_F(SensitivityTest, SuggestsAsFewRowsAsBringMost) {
  SuggestOptions suggest;
  suggest.dtype = kInt16;
  const SensitivityResult few = measure_sensitivity(embedder(), {}, suggest);
  std::vector<double> reached;
  for (size_t count = 1; count <= few.suggested->rows; ++count) {
    suggest.count = count;
    reached.push_back(measure_sensitivity(embedder(), {}, suggest).suggested->after_db);
  }
  suggest.count = 20;
  const SuggestedRules all = *measure_sensitivity(embedder(), {}, suggest).suggested;
  const double enough = all.before_db + 0.9 * (all.after_db - all.before_db);
  EXPECT_GE(reached.back(), enough);
  if (reached.size() > 1) {
    EXPECT_LT(reached[reached.size() - 2], enough);
  }
}

TEST_F(SensitivityTest, NothingIsSuggestedWhereAllIsWideEnough) {
  SuggestOptions suggest;
  suggest.dtype = kInt16;
  const SensitivityResult found =
      measure_sensitivity(embedder({"quantization.activation.dtype=int16"}), {}, suggest);
  EXPECT_TRUE(found.suggested->sites.empty());
  EXPECT_EQ(found.suggested->rules, "[]");
}

TEST_F(SensitivityTest, RefusesWhatItCannotMeasure) {
  SensitivityOptions more;
  more.samples = 4;
  test::expect_error(ErrorKind::kUsage, "has 3 evaluation samples, not 4",
                     [&] { (void)measure_sensitivity(embedder(), more); });
  SensitivityOptions modules;
  modules.by_module = true;
  test::expect_error(ErrorKind::kUsage, "--suggest",
                     [&] { (void)measure_sensitivity(embedder(), modules, int16_rules()); });
  SensitivityOptions weights;
  weights.activations = false;
  test::expect_error(ErrorKind::kUsage, "the table has none",
                     [&] { (void)measure_sensitivity(embedder(), weights, int16_rules()); });
  test::expect_error(ErrorKind::kData, "report.json is not there",
                     [&] { (void)measure_sensitivity(session(folder_.path()), {}); });
}

class SensitivityOfAProgram : public WordsRecipe {};

TEST_F(SensitivityOfAProgram, IsRefusedByName) {
  test::expect_error(ErrorKind::kUsage, "`vernier sensitivity`",
                     [&] { (void)measure_sensitivity(options(), {}); });
}

class SensitivityOfUnits : public Units {};

// Each sample of each unit; rows of both, and the total is that of a run.
TEST_F(SensitivityOfUnits, CountsAtTheOutputsOfEachUnit) {
  recipe_.erase("export");
  const Sensitivity found = measure_sensitivity(options(), {}).sensitivity;
  EXPECT_EQ(found.samples, 4U);
  std::set<std::string> sites;
  for (const SensitivityRow& one : found.rows) sites.insert(one.sites.begin(), one.sites.end());
  (void)run(options());
  for (const json& one : read_json(folder_ / "run/qparams.json"))
    EXPECT_TRUE(sites.contains(one.at("site"))) << one.at("site");
}

}  // namespace
}  // namespace vernier::core::testing
