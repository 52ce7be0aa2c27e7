// `--progress`: what goes to standard error, and that it leaves standard output alone.
#include <gmock/gmock.h>

#include <nlohmann/json.hpp>
#include <set>
#include <sstream>

#include "command_line.h"
#include "support/linear_recipe.h"

namespace vernier::test {
namespace {

using ::testing::HasSubstr;
using ::testing::IsSupersetOf;

class ProgressOption : public ::testing::Test {
 protected:
  ProgressOption() {
    write_linear_checkpoint(folder_.path(), 3, 4, 0.5, 0);
    nlohmann::json recipe = linear_recipe(folder_ / "checkpoint", true, {2, 4}, 3);
    recipe["evaluation"] = {{"samples", 2}};
    write_file(folder_ / "recipe.json", recipe.dump());
  }
  [[nodiscard]] std::string run(const std::string& more) const {
    return std::string(kVernier) + "run " + (folder_ / "recipe.json").string() + " --out " +
           (folder_ / "out").string() + " " + more;
  }
  TempFolder folder_;
};

TEST_F(ProgressOption, EventsAreOneObjectALineBesideTheReport) {
  const std::string errors = (folder_ / "errors").string();
  const Outcome outcome = run_shell(run("--json --progress events 2>" + errors));
  EXPECT_EQ(outcome.exit_code, 0);
  EXPECT_TRUE(nlohmann::json::parse(outcome.text).contains("metrics"));
  std::set<std::string> phases;
  std::istringstream lines(read_file(errors));
  for (std::string line; std::getline(lines, line);) {
    const nlohmann::json event = nlohmann::json::parse(line);
    phases.insert(event.at("phase"));
    if (event.at("done") == event.at("total")) {
      EXPECT_EQ(event.at("seconds_left"), 0.0) << line;
    }
  }
  EXPECT_THAT(phases, IsSupersetOf({"plan", "observe_weights", "calibrate", "evaluate"}));
}

TEST_F(ProgressOption, ElsewhereThanOnATerminalThereAreLines) {
  const Outcome lines = run_shell(run("2>&1 >/dev/null"));
  EXPECT_THAT(lines.text, HasSubstr("calibrating on 3 samples\n"));
  EXPECT_EQ(lines.text.find('\r'), std::string::npos);
  EXPECT_EQ(run_shell(run("--quiet 2>&1 >/dev/null")).text, "");
  EXPECT_EQ(run_shell(run("--json 2>&1 >/dev/null")).text, "");
  EXPECT_EQ(run_shell(run("--progress lines --json 2>&1 >/dev/null")).text, lines.text);
}

TEST_F(ProgressOption, AnotherFormIsToldWithThoseThatAre) {
  const Outcome outcome = run_shell(run("--progress bar 2>&1"));
  EXPECT_EQ(outcome.exit_code, 2);
  EXPECT_THAT(outcome.text, HasSubstr("events"));
}

}  // namespace
}  // namespace vernier::test
