// What people do wrong with the program, row by row: the exit code, what is said, where, and what to do.
#include <fstream>
#include <set>

#include "command_line.h"
#include "wrong_place.h"

namespace vernier::test {
namespace {

using nlohmann::json;

json rows_of(const std::string& kind) {
  return json::parse(std::ifstream(VERNIER_SOURCE_DIR "/tests/data/wrong_uses/" + kind + ".json"));
}

// In the row's folder, with `vernier` in the path; SOURCE and BUILD are this project's folders.
Outcome try_use(const WrongPlace& place) {
  return run_shell("cd " + place.path() +
                   " && PATH=" VERNIER_BINARY_DIR "/bin:$PATH SOURCE=" VERNIER_SOURCE_DIR
                   " BUILD=" VERNIER_BINARY_DIR " XDG_DATA_HOME=$PWD/none timeout 60 bash command.sh 2>&1");
}

void expect_row(const json& row) {
  SCOPED_TRACE(row.at("name").get<std::string>() + ": " + row.at("command").get<std::string>());
  const WrongPlace place(row);
  const Outcome outcome = try_use(place);
  EXPECT_EQ(outcome.exit_code, row.at("exit").get<int>()) << outcome.text;
  for (const char* column : {"what", "where", "do"}) {
    const std::string wanted = row.at(column);
    EXPECT_FALSE(wanted.empty()) << column;
    EXPECT_NE(outcome.text.find(wanted), std::string::npos) << column << ": " << wanted << "\n"
                                                            << outcome.text;
  }
  for (const std::string& absent : {std::string("defect of vernier"), std::string("\x1b"),
                                    row.value("not", std::string("defect of vernier"))})
    EXPECT_EQ(outcome.text.find(absent), std::string::npos) << outcome.text;
  EXPECT_EQ(place.has("out"), row.value("writes", false)) << outcome.text;
}

void expect_rows(const std::string& kind) {
  for (const json& row : rows_of(kind)) expect_row(row);
}

TEST(WrongUses, OfTheCommandLine) { expect_rows("command_line"); }
TEST(WrongUses, OfTheRecipe) { expect_rows("recipe"); }
TEST(WrongUses, OfTheCheckpoint) { expect_rows("checkpoint"); }
TEST(WrongUses, OfTheSamples) { expect_rows("samples"); }
TEST(WrongUses, OfTheExport) { expect_rows("export"); }
TEST(WrongUses, OfPlugins) { expect_rows("plugins"); }

TEST(WrongUses, AreFortyAtLeastAndEachHasItsName) {
  std::set<std::string> names;
  for (const char* kind : {"command_line", "recipe", "checkpoint", "samples", "export", "plugins"}) {
    for (const json& row : rows_of(kind)) {
      const std::string name = std::string(kind) + ": " + row.at("name").get<std::string>();
      EXPECT_TRUE(names.insert(name).second) << name;
    }
  }
  EXPECT_GE(names.size(), 40u);
}

}  // namespace
}  // namespace vernier::test
