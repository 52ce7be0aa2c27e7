// Wrappers from outside in a recipe with a program: they run in the process of the trial alone, for every
// shape that a sample brings, and what they do there is an error of the plan.
#include <gmock/gmock.h>
#include <unistd.h>

#include <chrono>
#include <cstdlib>

#include "core/session/words_fixture.h"
#include "vernier/core/sanitized.h"

namespace vernier::core::testing {
namespace {

using ::testing::HasSubstr;

#ifdef VERNIER_SANITIZED
constexpr bool kHasSanitizer = true;
#else
constexpr bool kHasSanitizer = false;
#endif

class IsolatedProgram : public WordsRecipe {
 protected:
  ~IsolatedProgram() override { unsetenv("VERNIER_TEST_APART"); }
  static void refuse_host() { setenv("VERNIER_TEST_APART", std::to_string(getpid()).c_str(), 1); }
  std::map<std::string, std::string> files_of(const std::string& out) {
    std::map<std::string, std::string> files;
    for (const auto& one : std::filesystem::directory_iterator(folder_ / out)) {
      const std::string name = one.path().filename();
      if (name.starts_with("report.") || name.starts_with(".") || name == "recipe.effective.json") continue;
      files[name] = test::read_file(one.path());
    }
    return files;
  }
  json run_into(const std::string& out, bool isolate) {
    recipe_["runtime"]["isolate"] = isolate;
    SessionOptions made = options(out);
    made.save_outputs = true;
    json report = *run(made).report;
    for (const char* key : {"seconds", "memory"}) report.erase(key);
    return report;
  }
  // Of a run with a trial.
  Error error_of(const json& more) {
    config(more);
    recipe_["runtime"] = {{"trace_timeout", 0.3}};
    try {
      (void)run(options());
    } catch (const Error& error) {
      return error;
    }
    return internal_error("no error");
  }
};

TEST_F(IsolatedProgram, ThatTheHostWouldNotSurviveGivesTheSameFiles) {
  const json here = run_into("here", false);
  refuse_host();
  const json there = run_into("there", true);
  EXPECT_EQ(there, here);
  const auto files = files_of("here");
  EXPECT_EQ(
      files.count("body.circle") + files.count("golden.safetensors") + files.count("outputs.safetensors"),
      3U);
  EXPECT_TRUE(files_of("there") == files);
}

// Without "isolate" a plugin from outside is reason enough.
TEST_F(IsolatedProgram, IsTriedWhereAPluginComesFromOutside) {
  recipe_["runtime"].erase("isolate");
  refuse_host();
  EXPECT_EQ(run(options()).report->at("program").at("units").size(), 3U);
  EXPECT_EQ(plan(options()).at("units").size(), 3U);
}

// 5 tokens has one calibration sample, 7 one evaluation sample, 12 the recipe, 1 each pass behind the prompt.
TEST_F(IsolatedProgram, AForwardThatFailsForOneOfTheShapesIsAnErrorOfThePlan) {
  const std::pair<int, const char*> rows[] = {{5, "calibration sample 1 cannot run"},
                                              {7, "evaluation sample 0 cannot run"},
                                              {12, "these words are too many"},
                                              {1, "these words are too many"}};
  refuse_host();
  for (const auto& [at, text] : rows) {
    const Error error = error_of({{"act", "throw"}, {"at", at}});
    EXPECT_EQ(error.kind(), ErrorKind::kPlugin) << at;
    EXPECT_THAT(error.format(), HasSubstr("these words are too many"));
    EXPECT_THAT(error.format(), HasSubstr("org.example.fixture.words"));
    EXPECT_THAT(error.format(), HasSubstr(text));
    EXPECT_FALSE(std::filesystem::exists(folder_ / "out")) << at;
  }
  const Error none = error_of({{"act", "throw"}, {"at", 3}});  // no sample has as many
  EXPECT_THAT(none.format(), HasSubstr("no error"));
}

TEST_F(IsolatedProgram, AForwardThatEndsOrHangsForOneOfTheShapesIsNamed) {
  if (kHasSanitizer) GTEST_SKIP() << "the sanitizer ends the process in its own way";
  const std::pair<const char*, const char*> acts[] = {
      {"exit", "ended the process"},
      {"abort", "crashed (abort)"},
      {"segfault", "crashed (segmentation fault)"},
      {"loop", "did not return within runtime.trace_timeout"}};
  refuse_host();
  for (const auto& [act, what] : acts) {
    for (const int at : {5, 7}) {
      SCOPED_TRACE(std::string(act) + " at " + std::to_string(at));
      const auto before = std::chrono::steady_clock::now();
      const Error error = error_of({{"act", act}, {"at", at}});
      EXPECT_LT(std::chrono::steady_clock::now() - before, std::chrono::seconds(10));
      EXPECT_EQ(error.kind(), ErrorKind::kPlugin) << error.format();
      EXPECT_THAT(error.diagnostics()[0].what, HasSubstr(what));
      EXPECT_THAT(error.diagnostics()[0].where, HasSubstr("plugin org.example.fixture.words"));
      EXPECT_THAT(error.diagnostics()[0].where, HasSubstr("<root> (WordsModel)"));
      EXPECT_FALSE(std::filesystem::exists(folder_ / "out"));
    }
  }
}

}  // namespace
}  // namespace vernier::core::testing
