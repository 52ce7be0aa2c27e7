// `vernier smoke` as users call it: what it prints and returns, and that it leaves nothing behind.
#include <gmock/gmock.h>

#include <nlohmann/json.hpp>

#include "command_line.h"
#include "support/temp_folder.h"

namespace vernier::test {
namespace {

using testing::HasSubstr;
using testing::Not;

const std::string kSmokes = " --plugin " VERNIER_BINARY_DIR "/fixtures/smokes/smokes.so ";

TEST(SmokeCommand, ListsWithoutRunning) {
  const Outcome all = run_vernier("smoke --list" + kSmokes);
  EXPECT_EQ(all.exit_code, 0) << all.text;
  EXPECT_THAT(all.text, HasSubstr("Gemma4MultimodalEmbedder"));
  EXPECT_THAT(all.text, HasSubstr("input_ids [1,6] int32"));
  EXPECT_THAT(all.text, testing::ContainsRegex("SmokesBare +no case"));
  const Outcome one = run_vernier("smoke --list Linear");
  EXPECT_EQ(one.exit_code, 0) << one.text;
  EXPECT_THAT(one.text, Not(HasSubstr("LlamaMLP")));
}

TEST(SmokeCommand, RunsOneTypeAndLeavesNothing) {
  const TempFolder place;
  const Outcome outcome =
      run_vernier("smoke Gemma4MultimodalEmbedder --size seed", "TMPDIR=" + place.path().string());
  EXPECT_EQ(outcome.exit_code, 0) << outcome.text;
  EXPECT_THAT(outcome.text,
              testing::ContainsRegex("Gemma4MultimodalEmbedder +seed +0\\.00726499 +0\\.8677608 "));
  EXPECT_THAT(outcome.text, HasSubstr("circle: all 1024 codes equal"));
  EXPECT_THAT(outcome.text, HasSubstr("1 of 1 cases ok, 0 types without a case"));
  EXPECT_EQ(files_in(place.path()), 0u);
}

TEST(SmokeCommand, FailuresHaveTheExitCodesOfTheReadmeAndLeaveNothing) {
  const TempFolder place;
  const std::pair<std::string, int> rows[] = {{kSmokes + "SmokesScale", 0},
                                              {kSmokes + "SmokesScale SmokesTight", 4},
                                              {kSmokes + "SmokesTight SmokesOpen", 3},
                                              {kSmokes + "SmokesFails", 3},
                                              {kSmokes + "SmokesBare", 2},
                                              {kSmokes + "SmokeScale", 2},
                                              {"", 2},
                                              {"Linear --all", 2},
                                              {"Linear --set 'gates={\"peir\": \"<= 0.000001\"}'", 4},
                                              {"Linear --plugin /absent.so", 3}};
  for (const auto& [arguments, code] : rows) {
    const Outcome outcome = run_vernier("smoke " + arguments, "TMPDIR=" + place.path().string());
    EXPECT_EQ(outcome.exit_code, code) << arguments << "\n" << outcome.text;
    EXPECT_EQ(files_in(place.path()), 0u) << arguments;
  }
}

TEST(SmokeCommand, TextNamesWhatIsWrong) {
  EXPECT_THAT(run_vernier("smoke Liner").text, HasSubstr("did you mean \"Linear\"?"));
  const Outcome open = run_vernier("smoke SmokesOpen" + kSmokes);
  EXPECT_THAT(open.text, HasSubstr("nothing fixes extent 0 of the tensor weight, which is declared as [-1]"));
  EXPECT_THAT(open.text, HasSubstr("1 of 1 smoke cases failed"));
  const Outcome tight = run_vernier("smoke SmokesTight" + kSmokes);
  EXPECT_THAT(tight.text, HasSubstr("gate peir <= 1e-07"));
  EXPECT_THAT(tight.text, HasSubstr(" gate "));
}

TEST(SmokeCommand, PrintsJson) {
  for (const char* arguments : {"SmokesScale --json", "SmokesScale --list --json"}) {
    const Outcome outcome = run_vernier("smoke" + kSmokes + arguments);
    EXPECT_EQ(outcome.exit_code, 0) << outcome.text;
    const auto document = nlohmann::json::parse(outcome.text, nullptr, false);
    ASSERT_TRUE(document.is_object()) << outcome.text;
    ASSERT_EQ(document.at("cases").size(), 5u);
    EXPECT_EQ(document.at("cases")[0].at("type"), "SmokesScale");
  }
  const Outcome failing =
      run_shell(std::string(kVernier) + "smoke SmokesTight --json" + kSmokes + "2>/dev/null");
  EXPECT_EQ(failing.exit_code, 4);
  const auto document = nlohmann::json::parse(failing.text, nullptr, false);
  ASSERT_TRUE(document.is_object()) << failing.text;
  EXPECT_EQ(document.at("exit_code"), 4);
  EXPECT_EQ(document.at("cases")[0].at("verdict"), "gate");
}

TEST(SmokeCommand, WritesOtherFilesOrNone) {
  const Outcome none = run_vernier("smoke Linear --export none");
  EXPECT_EQ(none.exit_code, 0) << none.text;
  EXPECT_THAT(none.text, HasSubstr("no file"));
  const Outcome encodings = run_vernier("smoke Linear --export encodings");
  EXPECT_EQ(encodings.exit_code, 0) << encodings.text;
  EXPECT_THAT(encodings.text, HasSubstr("encodings: not run, no executor is there"));
}

}  // namespace
}  // namespace vernier::test
