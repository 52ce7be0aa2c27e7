// A plan in a few lines, and sites by a pattern.
#include "vernier/core/plan_text.h"

#include <gmock/gmock.h>

#include "core/session/run_recipe.h"
#include "support/expect_error.h"

namespace vernier::core::testing {
namespace {

using nlohmann::json;
using ::testing::HasSubstr;
using ::testing::Not;

json embedder_plan(const std::vector<std::string>& overrides = {}) {
  SessionOptions options;
  options.recipe = source_file("configs/gemma4_embedder.json");
  options.overrides = overrides;
  return plan(options);
}

TEST(PlanSummary, CountsTypesByTheirDtypes) {
  const json made = embedder_plan();
  const std::string text = plan_summary(made);
  EXPECT_THAT(text, HasSubstr("1 Linear uint8/uint8"));
  EXPECT_THAT(text, HasSubstr("MB; "));
  EXPECT_THAT(text, HasSubstr("MiB of memory; time unknown"));
  EXPECT_THAT(text, Not(HasSubstr("computed in float")));
  EXPECT_LT(std::ranges::count(text, '\n'), 10);
  // A weight that stays float keeps its bytes.
  const json in_float =
      embedder_plan({R"(quantization.rules=[{"match": "**/weight", "observer": "identity"}])", "export=[]"});
  EXPECT_THAT(plan_summary(in_float), HasSubstr("Linear float/uint8"));
  for (size_t i = 0; i < made["parameters"].size(); ++i) {
    const json &coded = made["parameters"][i], &kept = in_float["parameters"][i];
    if (coded["parameter"].get<std::string>().ends_with("embedding_projection.weight")) {
      EXPECT_EQ(kept["bytes_after"].get<uint64_t>(), 4 * coded["bytes_after"].get<uint64_t>());
    }
  }
}

TEST(PlanRules, TellHowManySitesEachReaches) {
  const json made = embedder_plan({R"(quantization.rules=[{"match": "**/weight", "dtype": "int8"},)"
                                   R"( {"match": "embedding_projection/weight", "observer": "minmax"},)"
                                   R"( {"match": "none/weight", "dtype": "int8", "allow_empty": true}])"});
  ASSERT_EQ(made["rules"].size(), 3u);
  uint64_t weights = 0;
  for (const json& site : made["sites"])
    weights += site["site"].get<std::string>().ends_with("/weight") ? 1 : 0;
  EXPECT_EQ(made["rules"][0]["sites"], weights);
  EXPECT_EQ(made["rules"][0]["decides"], weights - 1) << "the second rule is the last word on one of them";
  EXPECT_EQ(made["rules"][1]["sites"], 1);
  EXPECT_EQ(made["rules"][1]["decides"], 1);
  EXPECT_EQ(made["rules"][2]["sites"], 0);
  EXPECT_THAT(plan_summary(made), HasSubstr("rule 3 none/weight: 0 sites, decides 0"));
}

TEST(PlanSites, AreThoseThatARuleWouldMatch) {
  const json made = embedder_plan();
  const json found = plan_sites(made, "embedding_projection/*");
  ASSERT_FALSE(found.empty());
  for (const json& row : found)
    EXPECT_THAT(row["site"].get<std::string>(), HasSubstr("embedding_projection/"));
  EXPECT_EQ(plan_sites(made, "**").size(), made["sites"].size());
  EXPECT_EQ(plan_sites(made, found[0]["site"].get<std::string>()).size(), 1u) << "the whole path";
  test::expect_error(ErrorKind::kUsage, "did you mean \"embedding_projection/weight\"?",
                     [&] { (void)plan_sites(made, "embeding_projection/weight"); });
  test::expect_error(ErrorKind::kUsage, "\"nowhere/at_all\" matches no site",
                     [&] { (void)plan_sites(made, "nowhere/at_all"); });
}

}  // namespace
}  // namespace vernier::core::testing
