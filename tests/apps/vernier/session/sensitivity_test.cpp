// `vernier sensitivity`: what it prints and writes, and its exit codes.
#include <gmock/gmock.h>

#include <nlohmann/json.hpp>

#include "command_line.h"
#include "support/linear_recipe.h"

namespace vernier::test {
namespace {

using ::testing::HasSubstr;

class SensitivityCommand : public ::testing::Test {
 protected:
  SensitivityCommand() {
    write_linear_checkpoint(folder_.path(), 3, 4, 0.5, 0);
    nlohmann::json recipe = linear_recipe(folder_ / "checkpoint", true, {2, 4}, 3);
    recipe["evaluation"] = {{"samples", 2}};
    write_file(folder_ / "recipe.json", recipe.dump());
  }
  [[nodiscard]] Outcome sensitivity(const std::string& more) const {
    return run_vernier("sensitivity " + (folder_ / "recipe.json").string() + " " + more);
  }
  [[nodiscard]] std::string path(const char* name) const { return (folder_ / name).string(); }

  TempFolder folder_;
};

TEST_F(SensitivityCommand, PrintsTheCostliestRowsAndSaysHowManyThereAre) {
  const Outcome outcome = sensitivity("--top 2");
  EXPECT_EQ(outcome.exit_code, 0) << outcome.text;
  EXPECT_THAT(outcome.text, HasSubstr("SQNR of the outputs when this alone is quantized"));
  EXPECT_THAT(outcome.text, HasSubstr("and 1 more: --top 3"));
  const Outcome left = sensitivity("--method leave-one-float --by module");
  EXPECT_THAT(left.text, HasSubstr("<root>  (3 sites)"));
}

TEST_F(SensitivityCommand, JsonHasEachRow) {
  const Outcome outcome = sensitivity("--json --suggest 1 --progress none");
  ASSERT_EQ(outcome.exit_code, 0) << outcome.text;
  const nlohmann::json found = nlohmann::json::parse(outcome.text);
  EXPECT_EQ(found.at("rows").size(), 3U);
  EXPECT_EQ(found.at("samples"), 2);
  EXPECT_EQ(found.at("suggested").at("rules").size(), 1U);
}

TEST_F(SensitivityCommand, WritesANewRecipeAndNeverOverOne) {
  const Outcome outcome = sensitivity("--suggest 1 --write " + path("raised.json"));
  ASSERT_EQ(outcome.exit_code, 0) << outcome.text;
  EXPECT_THAT(outcome.text, HasSubstr("rows 1 to 1 (1 sites) cost"));
  const Outcome plan = run_vernier("plan " + path("raised.json"));
  EXPECT_EQ(plan.exit_code, 0) << plan.text;
  EXPECT_THAT(plan.text, HasSubstr("int16"));
  const std::string before = read_file(folder_ / "recipe.json");
  const Outcome over = sensitivity("--suggest 1 --write " + path("recipe.json"));
  EXPECT_EQ(over.exit_code, 2);
  EXPECT_THAT(over.text, HasSubstr("exists already"));
  EXPECT_EQ(read_file(folder_ / "recipe.json"), before);
}

TEST_F(SensitivityCommand, RefusesAWrongCommandLine) {
  EXPECT_EQ(sensitivity("--method both").exit_code, 2);
  EXPECT_EQ(sensitivity("--write " + path("x.json")).exit_code, 2) << "nothing is suggested";
  EXPECT_EQ(sensitivity("--samples 0").exit_code, 2);
  const Outcome more = sensitivity("--samples 3");
  EXPECT_EQ(more.exit_code, 2);
  EXPECT_THAT(more.text, HasSubstr("--set evaluation.samples=3"));
  EXPECT_EQ(run_vernier("sensitivity " + path("no.json")).exit_code, 2);
}

}  // namespace
}  // namespace vernier::test
