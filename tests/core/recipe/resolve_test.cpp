#include "recipe/resolve.h"

#include <fmt/format.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "core/recipe/sample_sites.h"
#include "support/expect_error.h"
#include "vernier/core/error.h"

namespace vernier::core {
namespace {

using ::testing::HasSubstr;

Recipe recipe_with(const std::string& quantization) {
  return parse_recipe(fmt::format(R"({{"version": 1, "model": {{"checkpoint": "c"}},)"
                                  R"( "calibration": {{"inputs": {{"kind": "npy", "path": "x"}}}},
"quantization": {}}})",
                                  quantization),
                      "r.json");
}

std::string describe(const Spec& spec) {
  return fmt::format("{} {} {} {} {} {}", spec.observer, spec.options, spec.dtype.name(),
                     to_string(spec.scheme), to_string(spec.granularity), spec.axis);
}

TEST(ResolveSpecs, FillsDefaults) {
  const auto resolved = resolve_specs(recipe_with("{}"), embedder_sites());
  ASSERT_EQ(resolved.size(), 6u);
  for (const size_t i : {0, 1, 2, 4, 5})
    EXPECT_EQ(describe(resolved[i].spec), "minmax {} uint8 asymmetric tensor -1") << i;
  EXPECT_EQ(describe(resolved[3].spec), "minmax {} uint8 asymmetric channel 0");
  EXPECT_EQ(resolved[3].rule, -1);
  EXPECT_EQ(resolved[3].reason, "role default");
}

struct Case {
  const char* quantization;
  size_t site;
  const char* spec;
  int rule = -1;
};

TEST(ResolveSpecs, PutsLevelsTogetherFieldByField) {
  const Case rows[] = {
      {R"({"weight": {"dtype": "int8"}})", 3, "minmax {} int8 symmetric channel 0"},
      {R"({"activation": {"dtype": "int16"}})", 4, "minmax {} int16 symmetric tensor -1"},
      {R"({"activation": {"dtype": "int16", "scheme": "asymmetric"}})", 4,
       "minmax {} int16 asymmetric tensor -1"},
      {R"({"rules": [{"match": "embedding_projection/weight", "dtype": "uint4"}]})", 3,
       "minmax {} uint4 asymmetric channel 0", 0},
      {R"({"rules": [{"match": "embedding_projection/weight", "dtype": "int4"}]})", 3,
       "minmax {} int4 symmetric channel 0", 0},
      {R"({"rules": [{"match": "**/weight", "granularity": "tensor"}]})", 3,
       "minmax {} uint8 asymmetric tensor -1", 0},
      {R"({"rules": [{"match": "**/weight", "axis": 1, "granularity": "channel"}]})", 3,
       "minmax {} uint8 asymmetric channel 1", 0},
      {R"({"rules": [{"match": "embedding_projection/weight", "axis": 1}]})", 3,
       "minmax {} uint8 asymmetric channel 1", 0},
      {R"({"weight": {"granularity": "channel", "axis": 1}})", 3,
       "minmax {} uint8 asymmetric channel 0"},  // the wrapper knows better than the role
      {R"({"weight": {"granularity": "channel", "axis": 1}})", 0, "minmax {} uint8 asymmetric channel 1"},
      {R"({"rules": [{"match": "**", "dtype": "int8"}, {"match": "**/act_in", "dtype": "int16"}]})", 4,
       "minmax {} int16 symmetric tensor -1", 1},
      {R"({"rules": [{"match": "**", "dtype": "int8"}, {"match": "**/act_in", "observer": "ema"}]})", 4,
       "ema {} int8 symmetric tensor -1", 1},
      {R"({"activation": {"observer": "ema", "options": {"momentum": 0.5}}})", 4,
       R"(ema {"momentum":0.5} uint8 asymmetric tensor -1)"},
      // options belong to the observer: another observer drops them, the same one keeps them
      {R"({"activation": {"observer": "ema", "options": {"momentum": 0.5}},)"
       R"( "rules": [{"match": "**/act_*", "observer": "minmax"}]})",
       4, "minmax {} uint8 asymmetric tensor -1", 0},
      {R"({"activation": {"observer": "ema", "options": {"momentum": 0.5}},)"
       R"( "rules": [{"match": "**/act_*", "observer": "ema"}]})",
       4, R"(ema {"momentum":0.5} uint8 asymmetric tensor -1)", 0},
      {R"({"activation": {"observer": "ema", "options": {"momentum": 0.5}},)"
       R"( "rules": [{"match": "**/act_*", "options": {"momentum": 0.9}}]})",
       4, R"(ema {"momentum":0.9} uint8 asymmetric tensor -1)", 0},
      // against the full path
      {R"({"rules": [{"match": "model.embed_vision.embedding_projection/act_out", "dtype": "int16"}]})", 5,
       "minmax {} int16 symmetric tensor -1", 0},
  };
  for (const Case& row : rows) {
    const auto resolved = resolve_specs(recipe_with(row.quantization), embedder_sites());
    EXPECT_EQ(describe(resolved[row.site].spec), row.spec) << row.quantization;
    EXPECT_EQ(resolved[row.site].rule, row.rule) << row.quantization;
  }
}

TEST(ResolveSpecs, NamesTheRule) {
  const auto resolved = resolve_specs(recipe_with(R"({"rules": [{"match": "**/act_in", "dtype": "int16"}]})"),
                                      embedder_sites());
  EXPECT_EQ(resolved[1].reason, "rule 1 (r.json:2:28)");
  EXPECT_EQ(resolved[2].reason, "role default");
}

TEST(ResolveSpecs, KeepsWhatTheWrapperDeclares) {
  auto sites = embedder_sites();
  sites[5].declared.observer = "ema";
  sites[5].declared.options = R"({"momentum":0.5})";
  sites[5].declared.dtype = kInt16;
  const auto resolved = resolve_specs(recipe_with(R"({"activation": {"dtype": "int8"}})"), sites);
  EXPECT_EQ(describe(resolved[5].spec), R"(ema {"momentum":0.5} int16 symmetric tensor -1)");
  EXPECT_EQ(resolved[5].reason, "wrapper default");
}

struct BadCase {
  const char* quantization;
  const char* where;
  const char* what;
  const char* hint;
};

TEST(ResolveSpecs, FindsWhatCannotBe) {
  const BadCase rows[] = {
      {R"({"rules": [{"match": "embedding_projection/wieght", "dtype": "int8"}]})",
       "r.json:2:38 (/quantization/rules/0/match)", "rule 1 matches no site",
       "did you mean \"embedding_projection/weight\"?"},
      {R"({"rules": [{"match": "**/zzz", "dtype": "int8"}]})", "r.json:2:38 (/quantization/rules/0/match)",
       "rule 1 matches no site", "sites are embedding_pre_projection_norm/weight"},
      {R"({"rules": [{"match": "**/weight", "dtype": "int8"}, {"match": "**", "dtype": "int4"}]})",
       "r.json:2:28 (/quantization/rules/0)", "rule 1 has no effect", "remove it"},
      {R"({"rules": [{"match": "**/act_in", "options": {"a": 1}}, {"match": "**", "observer": "ema"}]})",
       "r.json:2:28 (/quantization/rules/0)", "rule 1 has no effect", "remove it"},
      {R"({"weight": {"dtype": "int8", "scheme": "symmetric"},)"
       R"( "rules": [{"match": "embedding_projection/weight", "dtype": "uint4"}]})",
       "r.json:2:130 (/quantization/rules/0/dtype)",
       "model.embed_vision.embedding_projection/weight would be uint4 and symmetric", "int4"},
      {R"({"rules": [{"match": "**/act_*", "scheme": "symmetric"}]})",
       "r.json:2:60 (/quantization/rules/0/scheme)", "uint8 and symmetric", "asymmetric"},
      {R"({"rules": [{"match": "**/act_*", "granularity": "channel"}]})",
       "r.json:2:65 (/quantization/rules/0/granularity)", "no axis is known", "axis"},
      {R"({"rules": [{"match": "**/act_*", "axis": 1}]})", "r.json:2:58 (/quantization/rules/0/axis)",
       "one scale for the whole tensor", "granularity"},
  };
  for (const BadCase& row : rows) {
    try {
      resolve_specs(recipe_with(row.quantization), embedder_sites());
      ADD_FAILURE() << row.quantization;
    } catch (const Error& error) {
      ASSERT_EQ(error.diagnostics().size(), 1u) << error.format();
      EXPECT_EQ(error.kind(), ErrorKind::kUsage);
      EXPECT_EQ(error.diagnostics()[0].where, row.where) << row.quantization;
      EXPECT_THAT(error.diagnostics()[0].what, HasSubstr(row.what));
      EXPECT_THAT(error.diagnostics()[0].hint, HasSubstr(row.hint));
    }
  }
}

// The wrapper's own word outranks a role's default: where it does so at each site, the recipe's key does
// nothing.
TEST(ResolveSpecs, FindsKeysOfARoleThatWrappersOverrule) {
  const std::vector<SiteDescription> sites = {embedder_sites()[3]};  // by channel, says its wrapper
  test::expect_error(ErrorKind::kUsage, R"("granularity": "tensor" has no effect)", [&] {
    (void)resolve_specs(recipe_with(R"({"weight": {"granularity": "tensor"}})"), sites);
  });
  test::expect_error(
      ErrorKind::kUsage, R"({"match": "embedding_projection/weight", "granularity": "tensor"})",
      [&] { (void)resolve_specs(recipe_with(R"({"weight": {"granularity": "tensor"}})"), sites); });
  EXPECT_EQ(resolve_specs(recipe_with(R"({"weight": {"granularity": "channel"}})"), sites).size(),
            sites.size())
      << "it says what the wrapper says";
  EXPECT_EQ(resolve_specs(recipe_with(R"({"weight": {"granularity": "tensor"},
      "rules": [{"match": "**/weight", "granularity": "tensor"}]})"),
                          sites)
                .size(),
            sites.size())
      << "a rule says it too";
  EXPECT_EQ(resolve_specs(recipe_with(R"({"weight": {"granularity": "tensor"}})"), embedder_sites()).size(),
            6u)
      << "the other weight's wrapper leaves it open";
}

TEST(ResolveSpecs, AllowsEmptyRulesThatSaySo) {
  EXPECT_NO_THROW(
      resolve_specs(recipe_with(R"({"rules": [{"match": "zzz", "dtype": "int8", "allow_empty": true}]})"),
                    embedder_sites()));
  EXPECT_NO_THROW(resolve_specs(
      recipe_with(R"({"rules": [{"match": "**", "dtype": "int8", "allow_empty": true}, {"match": "**",)"
                  R"( "dtype": "int4"}]})"),
      embedder_sites()));
}

TEST(ResolveSpecs, ReportsEveryFinding) {
  try {
    resolve_specs(
        recipe_with(R"({"rules": [{"match": "a", "dtype": "int8"}, {"match": "b", "dtype": "int8"}]})"),
        embedder_sites());
    FAIL();
  } catch (const Error& error) {
    EXPECT_EQ(error.diagnostics().size(), 2u);
  }
}

}  // namespace
}  // namespace vernier::core
