#include "recipe/check.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <filesystem>
#include <nlohmann/json.hpp>

#include "core/recipe/sample_catalog.h"
#include "recipe/json_schema.h"
#include "support/expect_error.h"
#include "vernier/core/error.h"

namespace vernier::core {
namespace {

using nlohmann::json;

const std::filesystem::path kFolder = std::filesystem::path(VERNIER_SOURCE_DIR) / "tests/data/recipes";

json sound_recipe() {
  return json::parse(R"({"version": 1,
    "model": {"checkpoint": "../seed_example", "module": "model.embed_vision",)"
                     R"( "type": "Gemma4MultimodalEmbedder"},
    "plugins": {"require": [{"id": "org.vernier.gemma4", "version": ">=1.0 <2"}]},
    "quantization": {"activation": {"observer": "ema", "options": {"momentum": 0.5}},
                     "rules": [{"match": "**/act_in", "options": {"momentum": 0.9}},)"
                     R"( {"match": "**/weight", "observer": "identity"}]},
    "calibration": {"inputs": {"kind": "safetensors", "path": "../seed_example/calibration.safetensors"}},
    "export": [{"backend": "circle", "file": "sub/a.circle", "options": {"description": "x"}}]})");
}

Recipe parse(const json& recipe) { return parse_recipe(recipe.dump(1), kFolder / "r.json"); }

TEST(CheckAgainst, AcceptsWhatIsThere) {
  EXPECT_NO_THROW(check_against(parse(sound_recipe()), sample_catalog()));
  json without_type = sound_recipe();
  without_type["model"].erase("type");
  EXPECT_NO_THROW(check_against(parse(without_type), sample_catalog()));
}

TEST(CheckAgainst, ReportsEveryFinding) {
  json recipe = sound_recipe();
  recipe["quantization"]["activation"]["observer"] = "emma";
  recipe["model"]["checkpoint"] = "../nowhere";
  recipe["export"][0]["options"] = {{"descripton", "x"}};
  recipe["quantization"]["rules"][1]["options"] = {{"momentum", 1}};
  try {
    check_against(parse(recipe), sample_catalog());
    FAIL();
  } catch (const Error& error) {
    std::vector<std::string> pointers;
    for (const Diagnostic& one : error.diagnostics())
      pointers.push_back(one.where.substr(one.where.find('(')));
    EXPECT_THAT(pointers, ::testing::UnorderedElementsAre(
                              "(/model/checkpoint)", "(/quantization/activation/observer)",
                              "(/export/0/options/descripton)", "(/quantization/rules/1/options/momentum)"));
  }
}

TEST(CheckAgainst, ChecksOptionsOfARuleAgainstTheObserversItMayMean) {
  json recipe = sound_recipe();
  recipe["quantization"]["rules"][0]["options"] = {{"momentum", 2}};
  test::expect_error(ErrorKind::kUsage, "/quantization/rules/0/options/momentum",
                     [&] { check_against(parse(recipe), sample_catalog()); });
  recipe["quantization"]["rules"][0]["options"] = json::object();
  EXPECT_NO_THROW(check_against(parse(recipe), sample_catalog()));
}

TEST(CheckAgainst, NamesInputsOfTheWrapper) {
  json recipe = sound_recipe();
  recipe["calibration"] = {{"inputs", {{"kind", "synthetic"}, {"inputs", json::object()}}}, {"samples", 2}};
  try {
    check_against(parse(recipe), sample_catalog());
    FAIL();
  } catch (const Error& error) {
    EXPECT_STREQ(error.what(), "the input \"inputs_embeds\" of Gemma4MultimodalEmbedder is missing");
  }
  recipe["calibration"]["inputs"]["inputs"] = {{"inputs_embeds", {{"shape", {1, 16, 32}}}}};
  EXPECT_NO_THROW(check_against(parse(recipe), sample_catalog()));
}

TEST(MergedSchema, ChecksNamesAndOptions) {
  const json schema = merged_schema(sample_catalog());
  EXPECT_EQ(schema["definitions"]["observer"]["enum"], json({"ema", "identity", "minmax"}));
  EXPECT_EQ(schema["properties"]["export"]["items"]["properties"]["backend"]["enum"], json({"circle"}));
  EXPECT_THAT(schema["properties"]["model"]["properties"]["type"]["examples"], ::testing::Contains("Linear"));
  EXPECT_TRUE(check_schema(schema, sound_recipe()).empty());
  for (const char* edit :
       {R"([{"op": "replace", "path": "/quantization/activation/options/momentum", "value": 2}])",
        R"([{"op": "replace", "path": "/quantization/activation/observer", "value": "minmx"}])",
        R"([{"op": "add", "path": "/quantization/rules/1/options", "value": {"a": 1}}])",
        R"([{"op": "add", "path": "/export/0/options/descripton", "value": 1}])",
        R"([{"op": "replace", "path": "/calibration/inputs",)"
        R"( "value": {"kind": "prompts", "path": "a.txt", "processor": "spellin"}}])",
        R"([{"op": "replace", "path": "/calibration/inputs",)"
        R"( "value": {"kind": "prompts", "path": "a.txt", "processor": "checkpoint_files",)"
        R"( "options": {"tokens": 0}}}])"}) {
    EXPECT_FALSE(check_schema(schema, sound_recipe().patch(json::parse(edit))).empty()) << edit;
  }
  json prompts = sound_recipe();
  prompts["calibration"]["inputs"] = {{"kind", "prompts"},
                                      {"path", "a.txt"},
                                      {"processor", "checkpoint_files"},
                                      {"options", {{"tokens", 1}}}};
  EXPECT_TRUE(check_schema(schema, prompts).empty());
  EXPECT_TRUE(check_schema(merged_schema(Catalog({})), sound_recipe()).empty());
}

}  // namespace
}  // namespace vernier::core
