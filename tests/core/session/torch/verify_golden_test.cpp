// Each golden case exported as Circle and executed: integer arithmetic on the file against the fake-quant run
// in float64. The two may part by one code, on at most 0.1 % of the outputs.
#include <algorithm>
#include <cctype>
#include <nlohmann/json.hpp>

#include "core/session/run_recipe.h"

namespace vernier::core::testing {
namespace {

constexpr const char* kVerify = R"(export.0.verify={"executor": "circle"})";

// The row of the report's "verify".
nlohmann::json executed(const std::filesystem::path& recipe) {
  const test::TempFolder out;
  const RunResult result = run_recipe(recipe, out.path(), {kVerify}, &make_torch_device);
  EXPECT_EQ(result.report->at("verify").size(), 1u);
  return result.report->at("verify").at(0);
}

std::vector<std::string> golden_cases() {
  const auto root = source_file("tests/data/golden");
  std::vector<std::string> cases;
  for (const auto& group : std::filesystem::directory_iterator(root)) {
    if (!group.is_directory()) continue;
    for (const auto& folder : std::filesystem::directory_iterator(group)) {
      // One without an export is refused by the backend: asymmetric int16.
      const auto recipe = folder.path() / "recipe.json";
      if (std::filesystem::exists(recipe) && read_json(recipe).contains("export"))
        cases.push_back(folder.path().lexically_relative(root).string());
    }
  }
  std::sort(cases.begin(), cases.end());
  return cases;
}

class ExecutedGoldenCase : public ::testing::TestWithParam<std::string> {};

TEST_P(ExecutedGoldenCase, PartsByOneCodeOnOneInAThousandAtMost) {
  const nlohmann::json row = executed(source_file("tests/data/golden/" + GetParam() + "/recipe.json"));
  EXPECT_GT(row.at("compared_nodes").get<int>(), 0);
  ASSERT_FALSE(row.at("outputs").empty());
  const auto& first = row.at("first_divergence");
  if (!first.is_null()) {
    // Its operands are equal, so this is what the operator alone does.
    EXPECT_EQ(first.at("max_step"), 1) << first.dump();
    EXPECT_LE(first.at("share").get<double>(), 0.001) << first.dump();
  }
  for (const auto& output : row.at("outputs")) {
    const auto& codes = output.at("quantized_to_file");
    EXPECT_LE(codes.at("max_step").get<int64_t>(), 1) << codes.dump();
    EXPECT_LE(codes.at("share").get<double>(), 0.001) << codes.dump();
  }
}

INSTANTIATE_TEST_SUITE_P(Cases, ExecutedGoldenCase, ::testing::ValuesIn(golden_cases()), [](const auto& one) {
  std::string name = one.param;
  for (char& c : name) c = std::isalnum(static_cast<unsigned char>(c)) != 0 ? c : '_';
  return name;
});

TEST(ExecutedSeedExample, HasNoDifferenceAtAll) {
  const nlohmann::json row = executed(source_file("configs/gemma4_embedder.json"));
  EXPECT_TRUE(row.at("first_divergence").is_null()) << row.at("first_divergence").dump();
  EXPECT_EQ(row.at("compared_nodes"), row.at("all_nodes"));
  EXPECT_EQ(row.at("outputs").at(0).at("quantized_to_file").at("codes_differ"), 0);
}

}  // namespace
}  // namespace vernier::core::testing
