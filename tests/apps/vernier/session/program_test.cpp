// `vernier program` as users call it.
#include <gmock/gmock.h>

#include <nlohmann/json.hpp>

#include "command_line.h"

namespace vernier::test {
namespace {

using testing::HasSubstr;

const std::string kShapes = "program " VERNIER_SOURCE_DIR "/tests/data/gemma4_shapes";

TEST(ProgramCommand, PrintsATableOrTheDocument) {
  const std::string profile = " --profile sequence=48 --profile image_slots=108";
  const Outcome table = run_vernier(kShapes + profile);
  EXPECT_EQ(table.exit_code, 0) << table.text;
  EXPECT_THAT(table.text, HasSubstr("25 units, each a file\n"));
  const Outcome document = run_vernier(kShapes + profile + " --json");
  ASSERT_EQ(document.exit_code, 0) << document.text;
  EXPECT_EQ(nlohmann::json::parse(document.text).at("profile").at("image_slots"), 108);
}

TEST(ProgramCommand, HasTheExitCodesOfTheReadme) {
  const std::pair<std::string, int> rows[] = {{kShapes, 2},
                                              {kShapes + " --profile sequence=1", 2},
                                              {kShapes + " --profile sequence=48 --program other", 2},
                                              {kShapes + "/absent --profile sequence=48", 2},
                                              {"program", 2},
                                              {kShapes + " --plugin /absent.so", 3}};
  for (const auto& [arguments, code] : rows) {
    const Outcome outcome = run_vernier(arguments);
    EXPECT_EQ(outcome.exit_code, code) << arguments << "\n" << outcome.text;
  }
}

TEST(ProgramCommand, PluginsAreListedAndExplained) {
  EXPECT_THAT(run_vernier("plugins").text,
              testing::ContainsRegex("program +gemma4 +org.vernier.gemma4_program"));
  EXPECT_THAT(run_vernier("plugins --explain gemma4").text, HasSubstr("  provides program gemma4\n"));
}

}  // namespace
}  // namespace vernier::test
