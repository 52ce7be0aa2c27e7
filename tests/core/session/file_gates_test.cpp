// What gates of a file compare, and that they hold back a file that is not what the run was.
#include <gmock/gmock.h>
#include <nlohmann/json.hpp>

#include "core/session/run_recipe.h"
#include "support/linear_recipe.h"
#include "vernier/core/error.h"
#include "vernier/core/verify.h"

namespace vernier::core::testing {
namespace {

using ::testing::HasSubstr;
using ::testing::IsEmpty;
using ::testing::Not;

// A Linear with a bias whose file the fixture linear_file writes and runs.
class FileGates : public ::testing::Test {
 protected:
  FileGates() {
    test::write_linear_checkpoint(folder_.path(), 8, 16, 0.2, 2);
    recipe_ = test::linear_recipe(folder_ / "checkpoint", true, {4, 16}, 4);
    recipe_["evaluation"] = {{"samples", 4}};
    recipe_["export"] = {{{"backend", "linear_file"}, {"file", "out.linear"}}};
  }
  SessionOptions options() {
    test::write_file(folder_ / "recipe.json", recipe_.dump(2));
    SessionOptions result;
    result.recipe = folder_ / "recipe.json";
    result.plugin_files = {std::filesystem::path(VERNIER_BINARY_DIR) / "fixtures/linear_file/linear_file.so"};
    result.out = folder_ / "run";
    result.device = &make_reference_device;
    return result;
  }
  nlohmann::json& entry() { return recipe_["export"][0]; }
  // The text of the gate error; empty where the run succeeds.
  std::string error() {
    try {
      core::run(options());
    } catch (const Error& error) {
      EXPECT_EQ(error.kind(), ErrorKind::kGate) << error.format();
      EXPECT_FALSE(std::filesystem::exists(folder_ / "run/out.linear"));
      return error.format();
    }
    EXPECT_TRUE(std::filesystem::exists(folder_ / "run/out.linear"));
    return {};
  }
  void write_wrong_biases() { entry()["options"] = {{"fault", "wrong biases"}}; }

  test::TempFolder folder_;
  nlohmann::json recipe_;
};

TEST_F(FileGates, AnExportsGatesCompareTheFileWithFloat) {
  entry()["gates"] = {{"sqnr_db", ">= 30"}, {"peir", "<= 0.02"}};
  EXPECT_THAT(error(), IsEmpty());
  write_wrong_biases();
  const std::string text = error();
  EXPECT_THAT(text,
              HasSubstr("out.linear in executor linear_file: gate sqnr_db >= 30 of the file against float"));
  EXPECT_THAT(text, HasSubstr("(/export/0/gates/sqnr_db)"));
  EXPECT_THAT(text, HasSubstr("gate peir <= 0.02 of the file against float"));
}

// What the recipe limits is the error of the model that is used.
TEST_F(FileGates, TheRecipesGatesHoldForAFileThatIsExecuted) {
  recipe_["gates"] = {{"sqnr_db", ">= 30"}};
  write_wrong_biases();
  EXPECT_THAT(error(), IsEmpty()) << "nobody asked for the file to be executed";
  entry()["verify"] = nlohmann::json::object();
  const std::string text = error();
  EXPECT_THAT(text,
              HasSubstr("out.linear in executor linear_file: gate sqnr_db >= 30 of the file against float"));
  EXPECT_THAT(text, HasSubstr("(/gates/sqnr_db)"));
}

TEST_F(FileGates, EachPairHasItsOwnLimits) {
  entry()["gates"] = {{"quantized_to_file", {{"max_step", "<= 0"}}},
                      {"float_to_quantized", {{"sqnr_db", ">= 30"}}},
                      {"float_to_file", {{"cosine", ">= 0.999"}}}};
  EXPECT_THAT(error(), IsEmpty());
  write_wrong_biases();
  const std::string text = error();
  EXPECT_THAT(text, HasSubstr("gate max_step <= 0 of the file against the fake-quant run"));
  EXPECT_THAT(text, HasSubstr("(/export/0/gates/quantized_to_file/max_step)"));
  EXPECT_THAT(text, HasSubstr("gate cosine >= 0.999 of the file against float"));
  EXPECT_THAT(text, Not(HasSubstr("the fake-quant run against float"))) << "that pair is well";
  entry()["gates"] = {{"float_to_quantized", {{"sqnr_db", ">= 300"}}}};
  EXPECT_THAT(error(), HasSubstr("gate sqnr_db >= 300 of the fake-quant run against float"));
}

TEST_F(FileGates, OldLimitsBelowVerifyKeepTheirMeaning) {
  entry()["verify"] = {{"gates", {{"sqnr_db", ">= 100"}}}};
  EXPECT_THAT(error(), IsEmpty()) << "40 dB from float, equal to the fake-quant run";
  write_wrong_biases();
  EXPECT_THAT(error(), HasSubstr("gate sqnr_db >= 100 of the file against the fake-quant run"));
}

TEST_F(FileGates, TheReportSaysWhichPairEachGateHeld) {
  recipe_["gates"] = {{"sqnr_db", ">= 30"}};
  entry()["gates"] = {{"sqnr_db", ">= 29"}, {"quantized_to_file", {{"max_step", "<= 0"}}}};
  const nlohmann::json report = core::run(options()).report;
  EXPECT_EQ(report.at("gates").at(0).at("pair"), "float_to_quantized");
  const auto& gates = report.at("verify").at(0).at("gates");
  ASSERT_EQ(gates.size(), 3u);
  EXPECT_EQ(gates[0].at("pair"), "float_to_file");
  EXPECT_EQ(gates[0].at("output"), 0);
  EXPECT_EQ(gates[1].at("pair"), "quantized_to_file");
  EXPECT_EQ(gates[2].at("pair"), "float_to_file");
  EXPECT_TRUE(gates[2].at("output").is_null()) << "the recipe's own: all outputs as one";
  EXPECT_EQ(gates[2].at("pointer"), "/gates/sqnr_db");
  const std::string table = gates_table(report);
  EXPECT_THAT(table, HasSubstr("gate sqnr_db >= 30 of the fake-quant run against float: met ("));
  EXPECT_THAT(table, HasSubstr("out.linear: gate sqnr_db >= 29 of the file against float (output 0): met ("));
  EXPECT_THAT(table,
              HasSubstr("out.linear: gate max_step <= 0 of the file against the fake-quant run (output 0)"));
}

TEST_F(FileGates, VerifyHoldsThemToo) {
  entry()["gates"] = {{"sqnr_db", ">= 30"}};
  core::run(options());
  const SessionOptions session = options();
  const nlohmann::json row = verify(session, {folder_ / "run/out.linear", "", "{}", {}}).at(0);
  EXPECT_TRUE(verify_gates_met(row));
  EXPECT_THAT(verify_table(row), HasSubstr("gate sqnr_db >= 30 of the file against float (output 0): met"));
  entry()["gates"] = {{"sqnr_db", ">= 90"}};
  const SessionOptions strict = options();
  const nlohmann::json broken = verify(strict, {folder_ / "run/out.linear", "", "{}", {}}).at(0);
  EXPECT_FALSE(verify_gates_met(broken));
  EXPECT_THAT(verify_table(broken), HasSubstr("NOT met"));
}

TEST_F(FileGates, AGateOfAFileThatNothingRunsIsRefusedBeforeTheWork) {
  entry()["file"] = "out.other";
  entry()["gates"] = {{"sqnr_db", ">= 30"}};
  try {
    core::run(options());
    FAIL();
  } catch (const Error& error) {
    EXPECT_THAT(error.format(), HasSubstr("no executor runs files like out.other"));
  }
}

TEST_F(FileGates, MetricsThatAPairDoesNotHaveAreRefused) {
  entry()["gates"] = {{"float_to_file", {{"max_step", "<= 1"}}}};
  try {
    core::run(options());
    FAIL();
  } catch (const Error& error) {
    EXPECT_EQ(error.kind(), ErrorKind::kUsage);
    EXPECT_THAT(error.format(), HasSubstr("max_step"));
  }
}

}  // namespace
}  // namespace vernier::core::testing
