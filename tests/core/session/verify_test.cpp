// A file that does not fit the recipe is told so; gates of an executed file hold back the file.
#include "vernier/core/verify.h"

#include <gmock/gmock.h>
#include <nlohmann/json.hpp>

#include "core/session/run_recipe.h"
#include "support/expect_error.h"
#include "support/linear_recipe.h"
#include "vernier/core/error.h"

namespace vernier::core::testing {
namespace {

// A Linear whose file an executor of the test fixture answers with zeros.
class ExecutedFixture : public ::testing::Test {
 protected:
  ExecutedFixture() {
    test::write_linear_checkpoint(folder_.path(), 3, 4, 1);
    recipe_ = {
        {"version", 1},
        {"model",
         {{"checkpoint", (folder_ / "checkpoint").string()},
          {"module", ""},
          {"type", "Linear"},
          {"config", {{"bias", false}}}}},
        {"calibration",
         {{"inputs",
           {{"kind", "synthetic"},
            {"inputs", {{"input", {{"shape", {2, 4}}, {"dtype", "float32"}, {"distribution", "normal"}}}}}}},
          {"samples", 2}}},
        {"evaluation", {{"samples", 2}}},
        {"export", {{{"backend", "misbehaves"}, {"file", "out.bin"}}}}};
  }
  SessionOptions options() {
    test::write_file(folder_ / "recipe.json", recipe_.dump(2));
    SessionOptions result;
    result.recipe = folder_ / "recipe.json";
    result.plugin_files = {std::filesystem::path(VERNIER_BINARY_DIR) / "fixtures/misbehaves/misbehaves.so"};
    result.out = folder_ / "run";
    result.device = &make_reference_device;
    return result;
  }
  // The error of verifying out.bin in an executor with this fault.
  std::string error_of(const char* fault) {
    const SessionOptions session = options();
    test::write_file(folder_ / "out.bin", "x");
    try {
      verify(session, {folder_ / "out.bin", "", nlohmann::json{{"fault", fault}}.dump(), {}});
    } catch (const Error& error) {
      return error.format();
    }
    return {};
  }

  test::TempFolder folder_;
  nlohmann::json recipe_;
};

TEST_F(ExecutedFixture, AFileThatDoesNotFitTheRecipeIsTold) {
  EXPECT_THAT(error_of("two inputs"),
              ::testing::HasSubstr("has the inputs input, input; the recipe's entry has input"));
  EXPECT_THAT(error_of("other input"), ::testing::HasSubstr("no sample has the shapes that"));
  EXPECT_THAT(error_of("other output"), ::testing::HasSubstr("output 0 of"));
  EXPECT_EQ(error_of(""), "");
}

TEST_F(ExecutedFixture, CodesThatDifferAreCounted) {
  const SessionOptions session = options();
  test::write_file(folder_ / "out.bin", "x");
  const nlohmann::json row = verify(session, {folder_ / "out.bin", "", "{}", {}}).at(0);
  EXPECT_EQ(row["samples"], 2);
  EXPECT_EQ(row["compared_nodes"], 0) << "the fixture gives outputs only";
  const nlohmann::json& output = row["outputs"].at(0)["quantized_to_file"];
  EXPECT_EQ(output["elements"], 12);
  EXPECT_GT(output["codes_differ"], 8) << "a random output is no zero";
  EXPECT_EQ(output["sqnr_db"], 0.0) << "zeros: the error is the signal";
  EXPECT_GT(row["outputs"].at(0)["float_to_quantized"]["sqnr_db"], 20);
}

TEST_F(ExecutedFixture, ABrokenGateHoldsTheFileBackAndNamesItself) {
  recipe_["export"][0]["verify"] = {{"gates", {{"max_step", "<= 1"}, {"codes_differ", "<= 1"}}}};
  try {
    run(options());
    FAIL() << "no error";
  } catch (const Error& error) {
    EXPECT_EQ(error.kind(), ErrorKind::kGate);
    ASSERT_EQ(error.diagnostics().size(), 1u) << "codes_differ <= 1 holds always";
    EXPECT_THAT(
        error.format(),
        ::testing::HasSubstr(
            "out.bin in executor misbehaves: gate max_step <= 1 of the file against the fake-quant run"));
    EXPECT_THAT(error.format(), ::testing::HasSubstr("(/export/0/verify/gates/max_step)"));
  }
  EXPECT_FALSE(std::filesystem::exists(folder_ / "run/out.bin"));
  EXPECT_TRUE(std::filesystem::exists(folder_ / "run/report.json"));
}

TEST_F(ExecutedFixture, TheRecipesGatesHoldForAFileOfThatName) {
  recipe_["export"][0]["verify"] = {{"gates", {{"max_step", "<= 1"}}}};
  const SessionOptions session = options();
  for (const char* name : {"out.bin", "other.bin"}) {
    test::write_file(folder_ / name, "x");
    const nlohmann::json row = verify(session, {folder_ / name, "", "{}", {}}).at(0);
    EXPECT_EQ(verify_gates_met(row), std::string(name) == "other.bin") << name;
  }
}

TEST_F(ExecutedFixture, UnknownExecutorsAndOptionsAreRefusedBeforeTheWork) {
  test::write_file(folder_ / "out.bin", "x");
  const auto refused = [&](ErrorKind kind, const char* text, const VerifyOptions& wanted) {
    test::expect_error(kind, text, [&] { (void)verify(options(), wanted); });
  };
  refused(ErrorKind::kPlugin, "no plugin provides executor \"misbehave\"",
          {folder_ / "out.bin", "misbehave", "{}", {}});
  refused(ErrorKind::kUsage, "--executor-options /fault", {folder_ / "out.bin", "", R"({"fault": 1})", {}});
  refused(ErrorKind::kUsage, "the executor's options are no JSON object: [",
          {folder_ / "out.bin", "", "[", {}});
  refused(ErrorKind::kData, "no such file: ", {folder_ / "none.bin", "", "{}", {}});
  recipe_["export"][0]["file"] = "out.other";
  recipe_["export"][0]["verify"] = nlohmann::json::object();
  try {
    run(options());
    FAIL() << "no error";
  } catch (const Error& error) {
    EXPECT_THAT(error.format(), ::testing::HasSubstr("no executor runs files like out.other"));
  }
}

}  // namespace
}  // namespace vernier::core::testing
