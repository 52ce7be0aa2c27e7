// Precedence and conflicts, one row a rule.
#include "plugin/resolver.h"

#include <gtest/gtest.h>

#include "vernier/core/error.h"

namespace vernier::core {
namespace {

Candidate candidate(const char* file, SearchLevel level, const char* id, const char* version,
                    const char* observer, const char* sha = "") {
  Candidate one;
  one.file = file;
  one.level = level;
  one.sha256 = *sha != '\0' ? sha : file;
  Manifest manifest;
  manifest.id = id;
  manifest.version = version;
  ComponentInfo info;
  info.kind = "observer";
  info.name = observer;
  manifest.components.push_back(info);
  one.manifest = manifest;
  return one;
}

struct Choice {
  const char* name;
  std::vector<Candidate> candidates;
  std::vector<Requirement> requirements;
  std::vector<std::string> usable;  // files, in order
};

class ResolverTable : public testing::TestWithParam<Choice> {};

TEST_P(ResolverTable, Decides) {
  const Resolution result = resolve_plugins(GetParam().candidates, GetParam().requirements);
  std::vector<std::string> usable;
  for (const CatalogPlugin& plugin : result.catalog.plugins()) usable.push_back(plugin.file.string());
  EXPECT_EQ(usable, GetParam().usable);
  for (const Candidate& one : result.candidates) {
    if (one.verdict != Verdict::kUsable) {
      EXPECT_NE(one.reason, "") << one.file;
    }
  }
}

constexpr auto kEnv = SearchLevel::kEnvironment;
constexpr auto kBin = SearchLevel::kBinary;

INSTANTIATE_TEST_SUITE_P(
    Table, ResolverTable,
    testing::Values(Choice{"Alone", {candidate("/a.so", kBin, "x.a", "1.0.0", "one")}, {}, {"/a.so"}},
                    Choice{"HigherVersionAtOneLevel",
                           {candidate("/a.so", kBin, "x.a", "1.9.0", "one"),
                            candidate("/b.so", kBin, "x.a", "1.10.0", "one")},
                           {},
                           {"/b.so"}},
                    Choice{"ReleaseAbovePreRelease",
                           {candidate("/a.so", kBin, "x.a", "2.0.0-rc.1", "one"),
                            candidate("/b.so", kBin, "x.a", "2.0.0", "one")},
                           {},
                           {"/b.so"}},
                    Choice{"HigherLevelShadowsHigherVersion",
                           {candidate("/b.so", kBin, "x.a", "9.0.0", "one"),
                            candidate("/e.so", kEnv, "x.a", "1.0.0", "one")},
                           {},
                           {"/e.so"}},
                    Choice{"SameContentCountsOnce",
                           {candidate("/a.so", kEnv, "x.a", "1.0.0", "one", "h"),
                            candidate("/b.so", kEnv, "x.a", "1.0.0", "one", "h")},
                           {},
                           {"/a.so"}},
                    Choice{"OtherIdAtHigherLevelWins",
                           {candidate("/b.so", kBin, "x.b", "1.0.0", "one"),
                            candidate("/e.so", kEnv, "x.e", "1.0.0", "one")},
                           {},
                           {"/e.so"}},
                    Choice{"RequirementPassesOverAVersion",
                           {candidate("/a.so", kBin, "x.a", "2.0.0", "one"),
                            candidate("/b.so", kBin, "x.a", "1.0.0", "one")},
                           {{"x.a", [](const std::string& v) { return v == "1.0.0"; }}},
                           {"/b.so"}},
                    Choice{"RequirementSettlesATie",
                           {candidate("/a.so", kBin, "x.a", "1.0.0", "one"),
                            candidate("/b.so", kBin, "x.b", "1.0.0", "one")},
                           {{"x.b", [](const std::string&) { return true; }}},
                           {"/b.so"}}),
    [](const auto& one) { return one.param.name; });

TEST(Resolver, TwoProvidersAtOneLevelAreAnErrorThatNamesBothAndTheFix) {
  try {
    throw_on_conflict(resolve_plugins(
        {candidate("/a.so", kBin, "x.a", "1.0.0", "one"), candidate("/b.so", kBin, "x.b", "1.0.0", "one")},
        {}));
    FAIL() << "no error";
  } catch (const Error& error) {
    EXPECT_EQ(error.kind(), ErrorKind::kPlugin);
    for (const char* part : {"observer one", "/a.so", "/b.so", "plugins.require"})
      EXPECT_NE(error.format().find(part), std::string::npos) << error.format();
  }
}

TEST(Resolver, AConflictLeavesTheOthersAndCanBeExplained) {
  const Resolution result = resolve_plugins(
      {candidate("/a.so", kBin, "x.a", "1.0.0", "one"), candidate("/b.so", kBin, "x.b", "1.0.0", "one"),
       candidate("/c.so", kBin, "x.c", "1.0.0", "two")},
      {});
  EXPECT_EQ(result.conflicts.size(), 1u);
  EXPECT_EQ(result.catalog.names("observer"), std::vector<std::string>{"two"});
  const std::string text = explain("one", result.candidates);
  EXPECT_NE(text.find("/a.so\n  rejected: provides observer one, and so does /b.so (x.b)"), std::string::npos)
      << text;
  EXPECT_NE(text.find("/b.so\n  rejected: provides observer one, and so does /a.so (x.a)"), std::string::npos)
      << text;
}

TEST(Resolver, RequiringBothOfTwoProvidersSettlesNothing) {
  const auto any = [](const std::string&) { return true; };
  const Resolution result = resolve_plugins(
      {candidate("/a.so", kBin, "x.a", "1.0.0", "one"), candidate("/b.so", kBin, "x.b", "1.0.0", "one")},
      {{"x.a", any}, {"x.b", any}});
  EXPECT_EQ(result.conflicts.size(), 1u);
}

Candidate wrapper(const char* file, SearchLevel level, const char* id, const char* name,
                  std::vector<std::string> types) {
  Candidate one = candidate(file, level, id, "1.0.0", name);
  one.manifest->components[0].kind = "wrapper";
  one.manifest->components[0].types = std::move(types);
  return one;
}

TEST(Resolver, AWrapperKeepsTheTypesThatNobodyTakesFromIt) {
  const Resolution result = resolve_plugins({wrapper("/e.so", kEnv, "x.e", "Mine", {"Linear"}),
                                             wrapper("/b.so", kBin, "x.b", "Many", {"Linear", "Embedding"})},
                                            {});
  EXPECT_TRUE(result.conflicts.empty());
  EXPECT_EQ(result.catalog.wrapper_for("Linear").plugin->file, "/e.so");
  ASSERT_TRUE(result.catalog.wrapper_for("Embedding"));
  EXPECT_EQ(result.catalog.wrapper_for("Embedding").plugin->file, "/b.so");
}

TEST(Resolver, OneTypeOfTwoWrappersAtOneLevelIsAConflict) {
  const Resolution result = resolve_plugins({wrapper("/a.so", kBin, "x.a", "A", {"Linear"}),
                                             wrapper("/b.so", kBin, "x.b", "B", {"Linear", "Embedding"})},
                                            {});
  ASSERT_EQ(result.conflicts.size(), 1u);
  EXPECT_EQ(result.conflicts[0].what, "two plugins provide module type Linear");
}

TEST(Resolver, AWrappersNameIsNoModuleType) {
  const Resolution result = resolve_plugins(
      {wrapper("/a.so", kBin, "x.a", "Linear", {"Dense"}), wrapper("/b.so", kBin, "x.b", "B", {"Linear"})},
      {});
  EXPECT_TRUE(result.conflicts.empty());
  EXPECT_EQ(result.catalog.wrapper_for("Linear").plugin->file, "/b.so");
}

TEST(Resolver, AWrapperWithoutATypeLeftIsShadowed) {
  const Resolution result = resolve_plugins({wrapper("/e.so", kEnv, "x.e", "Mine", {"Linear"}),
                                             wrapper("/b.so", kBin, "x.b", "Theirs", {"Linear"})},
                                            {});
  EXPECT_EQ(result.candidates[1].verdict, Verdict::kShadowed);
  EXPECT_EQ(result.candidates[1].reason, "everything it provides comes from /e.so ($VERNIER_PLUGIN_PATH)");
}

TEST(Resolver, ExplainTellsWinnerAndLoser) {
  const Resolution result = resolve_plugins(
      {candidate("/b.so", kBin, "x.a", "9.0.0", "one"), candidate("/e.so", kEnv, "x.a", "1.0.0", "one")}, {});
  const std::string text = explain("one", result.candidates);
  EXPECT_NE(text.find("/e.so\n  usable"), std::string::npos) << text;
  EXPECT_NE(text.find("/b.so\n  shadowed: a higher level has /e.so"), std::string::npos) << text;
  EXPECT_EQ(explain("two", result.candidates), "");
}

TEST(CompareVersions, FollowsSemver) {
  const std::vector<std::string> ordered = {"1.0.0-alpha",  "1.0.0-alpha.1", "1.0.0-alpha.beta", "1.0.0-beta",
                                            "1.0.0-beta.2", "1.0.0-beta.11", "1.0.0-rc.1",       "1.0.0",
                                            "1.2.0",        "1.10.0"};
  for (size_t i = 0; i < ordered.size(); ++i) {
    for (size_t k = 0; k < ordered.size(); ++k) {
      const int order = compare_versions(ordered[i], ordered[k]);
      EXPECT_EQ(order < 0, i < k) << ordered[i] << " " << ordered[k];
      EXPECT_EQ(order == 0, i == k) << ordered[i] << " " << ordered[k];
    }
  }
  EXPECT_EQ(compare_versions("1.0.0+a", "1.0.0+b"), 0);
}

}  // namespace
}  // namespace vernier::core
