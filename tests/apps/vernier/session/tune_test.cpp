// `vernier tune`: exit codes, and what stands in its folder when it was stopped.
#include <gmock/gmock.h>

#include <nlohmann/json.hpp>

#include "command_line.h"
#include "support/linear_recipe.h"

namespace vernier::test {
namespace {

using ::testing::HasSubstr;

class TuneCommand : public ::testing::Test {
 protected:
  TuneCommand() {
    write_linear_checkpoint(folder_.path(), 3, 4, 0.5, 0);
    nlohmann::json recipe = linear_recipe(folder_ / "checkpoint", true, {2, 4}, 3);
    recipe["evaluation"] = {{"samples", 2}};
    write_file(folder_ / "recipe.json", recipe.dump());
  }
  [[nodiscard]] Outcome tune(const std::string& target) const {
    return run_vernier("tune " + (folder_ / "recipe.json").string() + " --target \"" + target + "\" --out " +
                       (folder_ / "out").string());
  }

  TempFolder folder_;
};

TEST_F(TuneCommand, EndsWith0WhereTheTargetIsMet) {
  const Outcome outcome = tune("sqnr_db >= 50");
  EXPECT_EQ(outcome.exit_code, 0) << outcome.text;
  EXPECT_THAT(outcome.text, HasSubstr("of 2 activation sites have 16 bits"));
  EXPECT_EQ(run_vernier("plan " + (folder_ / "out/recipe.json").string()).exit_code, 0);
}

TEST_F(TuneCommand, EndsWith4AndSaysHowNearItCame) {
  const Outcome outcome = tune("sqnr_db >= 500");
  EXPECT_EQ(outcome.exit_code, 4) << outcome.text;
  EXPECT_THAT(outcome.text, HasSubstr("2 of 2 activation sites have 16 bits"));
  EXPECT_THAT(outcome.text, HasSubstr("sqnr_db >= 500 is not met: with 16 bits at every activation it is "));
  EXPECT_TRUE(std::filesystem::exists(folder_ / "out/tune.html"));
}

TEST_F(TuneCommand, EndsWith2WhereTheCommandLineIsWrong) {
  EXPECT_EQ(tune("nice").exit_code, 2);
  EXPECT_EQ(run_vernier("tune " + (folder_ / "recipe.json").string()).exit_code, 2) << "no target";
  EXPECT_FALSE(std::filesystem::exists(folder_ / "out"));
}

}  // namespace
}  // namespace vernier::test
