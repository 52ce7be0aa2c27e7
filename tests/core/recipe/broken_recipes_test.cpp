// Every recipe in tests/data/recipes/broken is refused, at the place and with the words that expected.json
// has for it.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <filesystem>
#include <fstream>
#include <nlohmann/json.hpp>

#include "core/recipe/sample_catalog.h"
#include "core/recipe/sample_sites.h"
#include "recipe/check.h"
#include "recipe/resolve.h"
#include "vernier/core/error.h"
#include "vernier/core/recipe.h"

namespace vernier::core {
namespace {

using nlohmann::json;
namespace fs = std::filesystem;

const fs::path kData = fs::path(VERNIER_SOURCE_DIR) / "tests/data";
const fs::path kBroken = kData / "recipes/broken";

json read_json(const fs::path& file) { return json::parse(std::ifstream(file)); }

// All that a run looks at before a plugin is loaded, and the specs.
void check_recipe(const fs::path& file) {
  static const Catalog catalog = sample_catalog();
  const Recipe recipe = load_recipe(file);
  check_against(recipe, catalog);
  resolve_config(recipe, read_json(recipe.model.checkpoint / "config.json"));
  resolve_specs(recipe, embedder_sites());
}

class BrokenRecipe : public ::testing::TestWithParam<std::string> {};

TEST_P(BrokenRecipe, IsRefusedAtItsPlace) {
  const json expected = read_json(kBroken / "expected.json")[GetParam()];
  const fs::path file = kBroken / GetParam();
  try {
    check_recipe(file);
    FAIL() << "accepted";
  } catch (const Error& error) {
    EXPECT_EQ(error.exit_code(), 2);
    ASSERT_EQ(error.diagnostics().size(), 1u) << error.format();
    const Diagnostic& found = error.diagnostics()[0];
    std::string where = file.string() + ":" + expected["line"].dump() + ":" + expected["column"].dump();
    if (expected["pointer"] != "") where += " (" + expected["pointer"].get<std::string>() + ")";
    EXPECT_EQ(found.where, where) << error.format();
    for (const json& part : expected["contains"])
      EXPECT_THAT(found.what, ::testing::HasSubstr(part.get<std::string>())) << error.format();
    const bool has_suggestion = found.hint.find("did you mean") != std::string::npos;
    EXPECT_EQ(has_suggestion, expected.contains("suggestion")) << error.format();
    if (has_suggestion) {
      EXPECT_THAT(found.hint,
                  ::testing::HasSubstr("did you mean \"" + expected.value("suggestion", "") + "\"?"));
    }
  }
}

std::vector<std::string> broken_recipes() {
  std::vector<std::string> names;
  for (const auto& entry : fs::directory_iterator(kBroken)) {
    if (entry.path().filename() != "expected.json") names.push_back(entry.path().filename().string());
  }
  std::sort(names.begin(), names.end());
  return names;
}

std::string stem_of(const ::testing::TestParamInfo<std::string>& info) {
  return fs::path(info.param).stem().string();
}

INSTANTIATE_TEST_SUITE_P(Files, BrokenRecipe, ::testing::ValuesIn(broken_recipes()), stem_of);

TEST(BrokenRecipes, AreAtLeastThirtyAndAllExpected) {
  const json expected = read_json(kBroken / "expected.json");
  EXPECT_GE(expected.size(), 30u);
  EXPECT_EQ(expected.size(), broken_recipes().size());
}

}  // namespace
}  // namespace vernier::core
