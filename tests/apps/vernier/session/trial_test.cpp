// Trials as the program makes them: beside another program, with a command line in any order.
#include <gmock/gmock.h>

#include "command_line.h"
#include "ends_fixture.h"

namespace vernier::test {
namespace {

namespace fs = std::filesystem;
using ::testing::HasSubstr;
using ::testing::Not;

class TrialCommand : public EndsTest {
 protected:
  TrialCommand() { isolates_ = true; }
  // A program that is not in the folder where `vernier` is. Its plugins come from the build.
  Outcome plan_alone() {
    fs::create_directory(folder_ / "bin");
    const fs::path program = folder_ / "bin/other";
    if (!fs::exists(program)) fs::copy_file(VERNIER_BINARY_DIR "/bin/vernier", program);
    return run_shell("VERNIER_PLUGIN_PATH=" VERNIER_BINARY_DIR "/lib/vernier/plugins " + program.string() +
                     " plan " + recipe(false) + " --plugin " + kEndsPlugin + " 2>&1");
  }
};

TEST_F(TrialCommand, WithoutItsProgramIsAnErrorWhereTheRecipeWantsIt) {
  const Outcome wanted = plan_alone();
  EXPECT_EQ(wanted.exit_code, 2) << wanted.text;
  EXPECT_THAT(wanted.text, HasSubstr("the program vernier is not beside this one"));
  EXPECT_THAT(wanted.text, HasSubstr("/runtime/isolate"));
}

TEST_F(TrialCommand, WithoutItsProgramIsAWarningElse) {
  isolates_ = std::nullopt;
  const Outcome silent = plan_alone();
  EXPECT_EQ(silent.exit_code, 0) << silent.text;
  EXPECT_THAT(silent.text, HasSubstr("warning: the program vernier is not beside this one"));
}

TEST_F(TrialCommand, IsNotForPeople) {
  const Outcome help = run_vernier("--help");
  EXPECT_EQ(help.exit_code, 0);
  EXPECT_THAT(help.text, HasSubstr("plan"));
  EXPECT_THAT(help.text, Not(HasSubstr("trial")));
  for (const char* command : {"trial nothing.json 2>&1 3<&-", "trial-smoke Linear small 2>&1 3<&-"}) {
    const Outcome alone = run_vernier(command);
    EXPECT_EQ(alone.exit_code, 2) << alone.text;
    EXPECT_THAT(alone.text, HasSubstr("vernier trial is for other commands to start"));
  }
}

// The recipe after --plugin or --set is no second value of it.
TEST(CommandLine, TakesTheRecipeBehindAnyOption) {
  const std::string recipe = VERNIER_SOURCE_DIR "/configs/gemma4_embedder.json";
  const std::string plugin = std::string("--plugin ") + kEndsPlugin;
  for (const char* option : {plugin.c_str(), "--set runtime.seed=7", "--json"}) {
    const Outcome outcome = run_vernier(std::string("plan ") + option + " " + recipe);
    EXPECT_EQ(outcome.exit_code, 0) << option << "\n" << outcome.text;
  }
  EXPECT_EQ(run_vernier("plan --set runtime.seed=7 --set runtime.strict=true " + recipe).exit_code, 0);
}

}  // namespace
}  // namespace vernier::test
