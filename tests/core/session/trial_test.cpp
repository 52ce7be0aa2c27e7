// Plugins from outside are tried in a process of their own: whatever they do there, the process of these
// tests lives on and hears which plugin it was, and where.
#include <gmock/gmock.h>
#include <unistd.h>

#include <chrono>
#include <cstdlib>
#include <nlohmann/json.hpp>

#include "plugin/catalog.h"
#include "session/trial.h"
#include "session/trial_answer.h"
#include "support/expect_error.h"
#include "support/temp_folder.h"
#include "support/tensors.h"
#include "vernier/core/sanitized.h"

namespace vernier::core {
namespace {

using nlohmann::json;
using ::testing::HasSubstr;

constexpr const char* kEnds = VERNIER_BINARY_DIR "/fixtures/ends/ends.so";

#ifdef VERNIER_SANITIZED
constexpr bool kHasSanitizer = true;
#else
constexpr bool kHasSanitizer = false;
#endif

// A recipe whose wrapper and backend are the fixture's, or whose observer is.
class Trial : public ::testing::Test {
 protected:
  ~Trial() override { unsetenv("VERNIER_TEST_END"); }

  json recipe(bool observes = false) {
    test::write_tensors(folder_ / "checkpoint/model.safetensors",
                        {{observes ? "weight" : "dense.weight", test::ramp({3, 4})}});
    test::write_file(folder_ / "checkpoint/config.json", "{}");
    test::write_tensors(folder_ / "inputs.safetensors", {{"input.0", test::ramp({2, 4})}});
    json result = {
        {"version", 1},
        {"model",
         {{"checkpoint", (folder_ / "checkpoint").string()},
          {"module", ""},
          {"type", observes ? "Linear" : "Ends"},
          {"config", observes ? json{{"bias", false}} : json::object()}}},
        {"calibration",
         {{"inputs", {{"kind", "safetensors"}, {"path", (folder_ / "inputs.safetensors").string()}}}}},
        {"export",
         {{{"backend", observes ? "circle" : "ends"}, {"file", observes ? "a.circle" : "a.ends"}}}}};
    if (observes) result["quantization"] = {{"activation", {{"observer", "ends"}}}};
    return result;
  }
  // `end`: "place:act" of the fixture.
  json plan(const json& recipe, const std::string& end) {
    setenv("VERNIER_TEST_END", end.c_str(), 1);
    setenv("XDG_CACHE_HOME", (folder_ / "cache").c_str(), 1);
    test::write_file(folder_ / "recipe.json", recipe.dump(1));
    SessionOptions options;
    options.recipe = folder_ / "recipe.json";
    options.plugin_files = {kEnds};
    options.out = folder_ / "out";
    json result = core::plan(options);
    EXPECT_FALSE(std::filesystem::exists(folder_ / "out"));
    return result;
  }
  void expect_named(const std::string& what, const json& recipe, const std::string& end,
                    const std::string& where) {
    SCOPED_TRACE(end);
    try {
      (void)plan(recipe, end);
      ADD_FAILURE() << "the plan was made";
    } catch (const Error& error) {
      EXPECT_EQ(error.kind(), ErrorKind::kPlugin) << error.format();
      EXPECT_THAT(error.diagnostics()[0].what, HasSubstr(what));
      EXPECT_THAT(error.diagnostics()[0].where, HasSubstr("plugin org.example.fixture.ends"));
      EXPECT_THAT(error.diagnostics()[0].where, HasSubstr(where));
      EXPECT_FALSE(error.diagnostics()[0].hint.empty());
    }
    EXPECT_FALSE(std::filesystem::exists(folder_ / "out"));
  }

  test::TempFolder folder_;
};

TEST_F(Trial, NamesThePluginAndThePlaceOfEachEnd) {
  if (kHasSanitizer) GTEST_SKIP() << "the sanitizer ends the process in its own way";
  const std::pair<const char*, const char*> ends[] = {
      {"exit", "ended the process"},
      {"quick_exit", "ended the process"},
      {"_exit", "ended the process"},
      {"_Exit", "ended the process"},
      {"exit in a thread", "ended the process"},
      {"segfault", "crashed (segmentation fault)"},
      {"abort", "crashed (abort)"},
      {"trap", "crashed (trap)"},
      {"bad call", "crashed (system call that is not allowed)"},
      {"overflow", "crashed (segmentation fault)"},
      {"overflow in a thread", "crashed (segmentation fault)"},
      {"eat", "more than 2 GiB of memory"}};
  for (const auto& [act, what] : ends) {
    expect_named(what, recipe(), std::string("constructor:") + act, "<root> (Ends)");
    expect_named(what, recipe(), std::string("forward:") + act, "<root> (Ends)");
  }
}

TEST_F(Trial, NamesObserversAndDestructorsToo) {
  if (kHasSanitizer) GTEST_SKIP() << "the sanitizer ends the process in its own way";
  for (const char* place : {"observer", "qparams", "observer's destructor"})
    expect_named("crashed (abort)", recipe(true), std::string(place) + ":abort", "");
  expect_named("crashed (abort)", recipe(), "destructor:abort", "");
}

TEST_F(Trial, NamesACallThatDoesNotReturn) {
  json impatient = recipe();
  impatient["runtime"] = {{"trace_timeout", 0.2}};
  for (const char* act : {"loop", "sleep"}) {
    for (const char* place : {"constructor:", "forward:"}) {
      const auto before = std::chrono::steady_clock::now();
      expect_named("did not return within runtime.trace_timeout", impatient, std::string(place) + act,
                   "<root> (Ends)");
      EXPECT_LT(std::chrono::steady_clock::now() - before, std::chrono::seconds(10));
    }
  }
}

// It does harm in this process alone, and its code never runs here but for what the backend's library needs.
TEST_F(Trial, WrappersCanDoNothingToTheHost) {
  json alone = plan(recipe(), "");
  alone.erase("memory");
  setenv("VERNIER_TEST_END_IN_PROCESS", std::to_string(getpid()).c_str(), 1);
  for (const char* act : {"exit", "segfault", "loop", "kill", "eat"}) {
    for (const char* place : {"constructor:", "forward:", "destructor:"}) {
      json found = plan(recipe(), std::string(place) + act);
      found.erase("memory");
      EXPECT_EQ(found, alone) << place << act;
    }
  }
  unsetenv("VERNIER_TEST_END_IN_PROCESS");
}

// Nothing is said of it: the end comes without a word, and the whole process group goes.
TEST_F(Trial, TellsOfAnEndThatCannotBeSeen) {
  test::expect_error(ErrorKind::kPlugin, "a plugin ended the process in which the plan was tried (Killed)",
                     [&] { (void)plan(recipe(), "forward:kill"); });
}

TEST_F(Trial, LetsAlonePluginsThatDoNoHarm) {
  // The memory that the process has when it plans is never the same to the byte.
  const auto decided = [this](const json& recipe, const std::string& what) {
    json all = plan(recipe, what);
    all.at("memory").erase("base_bytes");
    all.at("memory").erase("predicted_bytes");
    all.at("memory").erase("smallest_bytes");
    return all;
  };
  const json alone = decided(recipe(), "");
  json direct = recipe();
  direct["runtime"] = {{"isolate", false}};
  EXPECT_EQ(decided(direct, ""), alone);
  EXPECT_EQ(decided(recipe(), "forward:fork"), alone);
}

TEST_F(Trial, GivesTheErrorsOfThePlanAsTheyAre) {
  json wrong = recipe();
  wrong["quantization"] = {{"activation", {{"dtype", "uint4"}}}};
  wrong["model"]["config"] = {{"no_such_key", 1}};
  const auto text_of = [&](const json& one) -> std::string {
    try {
      (void)plan(one, "");
    } catch (const Error& error) {
      return error.format();
    }
    return "";
  };
  json direct = wrong;
  direct["runtime"] = {{"isolate", false}};
  const std::string direct_text = text_of(direct);
  EXPECT_THAT(direct_text, HasSubstr("no_such_key"));
  EXPECT_EQ(text_of(wrong), direct_text);
}

// A command that writes no file refuses nothing because of what the recipe would write.
TEST_F(Trial, OfTracesLooksAtNoExport) {
  json recipe_now = recipe();
  recipe_now["runtime"] = {{"max_memory", 1}};
  test::write_file(folder_ / "recipe.json", recipe_now.dump());
  SessionOptions options;
  options.recipe = folder_ / "recipe.json";
  options.plugin_files = {kEnds};
  const Recipe read = load_recipe(options.recipe);
  EXPECT_TRUE(try_apart(options, read, TrialScope::kTraces).has_value());
  test::expect_error(ErrorKind::kUsage, "/runtime/max_memory",
                     [&] { (void)try_apart(options, read, TrialScope::kPlan); });
}

TEST_F(Trial, IsWantedWherePluginsComeFromOutside) {
  test::write_file(folder_ / "recipe.json", recipe().dump());
  Recipe read = load_recipe(folder_ / "recipe.json");
  const auto catalog = [](const std::filesystem::path& file) {
    CatalogPlugin plugin;
    plugin.file = file;
    return Catalog({plugin});
  };
  const std::filesystem::path ours = std::filesystem::canonical(VERNIER_BINARY_DIR "/lib/vernier/plugins");
  EXPECT_TRUE(wants_trial(read, catalog(kEnds), {}));
  EXPECT_FALSE(wants_trial(read, catalog(ours / "nn.so"), {}));
  EXPECT_FALSE(wants_trial(read, Catalog({}), {}));
  read.runtime.isolate = false;
  EXPECT_FALSE(wants_trial(read, catalog(kEnds), {}));
  read.runtime.isolate = true;
  EXPECT_TRUE(wants_trial(read, catalog(ours / "nn.so"), {}));
}

TEST(TrialAnswer, BringsAnErrorWhole) {
  const Error sent =
      Error(ErrorKind::kData, {{"a \"b\"\n", "c", "d\xff"}, {"e", "", ""}}).with(VERNIER_NOT_FOUND);
  const std::optional<Error> found = error_of_answer(answer_of(sent));
  ASSERT_TRUE(found.has_value());
  EXPECT_EQ(found->kind(), ErrorKind::kData);
  EXPECT_EQ(found->status(), VERNIER_NOT_FOUND);
  ASSERT_EQ(found->diagnostics().size(), 2u);
  EXPECT_EQ(found->diagnostics()[0].what, "a \"b\"\n");
  EXPECT_EQ(found->diagnostics()[0].where, "c");
  EXPECT_EQ(found->diagnostics()[0].hint, "d\xEF\xBF\xBD");
  EXPECT_EQ(found->diagnostics()[1].what, "e");
  EXPECT_FALSE(record_of_answer(answer_of(sent)).has_value());
}

TEST(TrialAnswer, SaysWhereTheRecordLies) {
  const RecordPlace place{7, uint64_t{1} << 40};
  EXPECT_EQ(record_of_answer(good_answer(place)), place);
  EXPECT_FALSE(error_of_answer(good_answer(place)).has_value());
  for (const char* damaged : {"", "{}", "7", R"({"tables": 1})", R"({"tables": 1, "calls": -1})",
                              R"({"tables": 1, "calls": "1"})", R"({"tables": 1, "calls": 1.5})",
                              R"({"tables": 1, "calls": 2, "more": 3})", R"({"tables": 1, "calls": 2}{)"})
    EXPECT_FALSE(record_of_answer(damaged).has_value()) << damaged;
}

TEST(TrialAnswer, OfAnotherFormIsNoError) {
  for (const char* damaged :
       {"", "ok", "{}", "null", R"({"ok": true})", R"({"kind": 3, "status": 1, "error": []})",
        R"({"kind": 3, "status": 1, "error": [{"what": 1, "where": "", "hint": ""}]})",
        R"({"kind": 99, "status": 1, "error": [{"what": "a", "where": "", "hint": ""}]})",
        R"({"kind": 3, "error": [{"what": "a", "where": "", "hint": ""}]})"})
    EXPECT_FALSE(error_of_answer(damaged).has_value()) << damaged;
}

}  // namespace
}  // namespace vernier::core
