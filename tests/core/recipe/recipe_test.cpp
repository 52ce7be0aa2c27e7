#include "vernier/core/recipe.h"

#include <fmt/format.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <fstream>
#include <nlohmann/json.hpp>

#include "support/expect_error.h"
#include "vernier/core/error.h"

namespace vernier::core {
namespace {

using nlohmann::json;
using ::testing::HasSubstr;

constexpr const char* kFull = R"({
  "$schema": "../schemas/recipe.schema.json",
  "version": 1,
  "model": {"checkpoint": "../tiny", "module": "model.embed_vision", "type": "Gemma4MultimodalEmbedder",
            "config": {"multimodal": "/vision_config", "text": "/text_config", "bias": true}},  // a comment
  "plugins": {"search": ["./my_plugins"], "require": [{"id": "org.vernier.gemma4", "version": ">=1.0"}]},
  "quantization": {
    "activation": {"observer": "minmax", "dtype": "uint8"},
    "weight": {"dtype": "int8"},
    "rules": [{"match": "embedding_projection/weight", "dtype": "uint4"},
              {"match": "**/act_*", "observer": "percentile", "options": {"percentile": 99.99},)"
                              R"( "allow_empty": true}]},
  "stages": [],
  "calibration": {"inputs": {"kind": "safetensors", "path": "calibration.safetensors"}, "samples": 20},
  "gates": {"peir": "<= 0.01"},
  "export": [{"backend": "circle", "file": "embed_vision.q.circle"}],
  "runtime": {"threads": 2, "max_memory": "8GiB"}
})";

constexpr const char* kSmall = R"({"version": 1, "model": {"checkpoint": "c"},
"calibration": {"inputs": {"kind": "npy", "path": "x.npy"}}})";

TEST(Recipe, ReadsEveryField) {
  const Recipe recipe = parse_recipe(kFull, "/home/u/configs/r.json");
  EXPECT_EQ(recipe.folder, "/home/u/configs");
  EXPECT_EQ(recipe.model.checkpoint, "/home/u/tiny");
  EXPECT_EQ(recipe.model.module, "model.embed_vision");
  EXPECT_EQ(recipe.model.type, "Gemma4MultimodalEmbedder");
  EXPECT_EQ(recipe.model.config->at("text"), "/text_config");
  ASSERT_EQ(recipe.plugins.search.size(), 1u);
  EXPECT_EQ(recipe.plugins.search[0], "/home/u/configs/my_plugins");
  ASSERT_EQ(recipe.plugins.require.size(), 1u);
  EXPECT_EQ(recipe.plugins.require[0].version, ">=1.0");
  EXPECT_EQ(recipe.quantization.activation.observer, "minmax");
  EXPECT_EQ(recipe.quantization.weight.observer, "minmax");
  EXPECT_EQ(recipe.quantization.weight.dtype, kInt8);
  ASSERT_EQ(recipe.quantization.rules.size(), 2u);
  EXPECT_EQ(recipe.quantization.rules[0].patch.dtype, kUInt4);
  EXPECT_FALSE(recipe.quantization.rules[0].patch.observer);
  EXPECT_TRUE(recipe.quantization.rules[1].allow_empty);
  EXPECT_EQ(*recipe.quantization.rules[1].patch.options, json({{"percentile", 99.99}}));
  EXPECT_EQ(recipe.units[0].calibration.inputs->at("path"), "/home/u/configs/calibration.safetensors");
  EXPECT_EQ(recipe.units[0].calibration.samples, 20);
  EXPECT_EQ(*recipe.units[0].evaluation.inputs, *recipe.units[0].calibration.inputs);
  EXPECT_EQ(recipe.units[0].evaluation.samples, 1);
  EXPECT_EQ(recipe.units[0].gates.at("peir").op, "<=");
  EXPECT_EQ(recipe.units[0].gates.at("peir").limit, 0.01);
  ASSERT_EQ(recipe.exports.size(), 1u);
  EXPECT_EQ(recipe.exports[0].units, std::vector<size_t>{0});
  EXPECT_EQ(recipe.units[0].entry, "forward");
  EXPECT_EQ(recipe.exports[0].options, json::object());
  EXPECT_EQ(recipe.runtime.seed, 42u);
  EXPECT_EQ(recipe.runtime.threads, 2);
  EXPECT_EQ(recipe.runtime.max_memory, 8589934592u);
}

TEST(Recipe, KnowsWhereThingsStand) {
  const Recipe recipe = parse_recipe(kFull, "configs/r.json");
  EXPECT_EQ(recipe.where("/quantization/activation/observer"),
            "configs/r.json:8:32 (/quantization/activation/observer)");
  EXPECT_EQ(recipe.where("/quantization/activation/axis"),
            "configs/r.json:8:19 (/quantization/activation/axis)");
  EXPECT_EQ(recipe.where("/evaluation/inputs/path"), "configs/r.json:1:1 (/evaluation/inputs/path)");
}

TEST(Recipe, EffectiveSaysTheSameAndIsComplete) {
  const Recipe recipe = parse_recipe(kSmall, "/a/b/r.json");
  EXPECT_EQ(recipe.effective,
            json::parse(R"({
    "version": 1, "model": {"checkpoint": "/a/b/c", "module": ""}, "plugins": {"search": [], "require": []},
    "quantization": {"activation": {"observer": "minmax", "dtype": "uint8"},)"
                        R"( "weight": {"observer": "minmax", "dtype": "uint8"},)"
                        R"( "rules": [], "on_zero_codes": "error"},
    "stages": [], "calibration": {"inputs": {"kind": "npy", "path": "/a/b/x.npy"}, "batch_size": 1},
    "evaluation": {"inputs": {"kind": "npy", "path": "/a/b/x.npy"}, "samples": 1}, "gates": {},)"
                        R"( "export": [], "runtime": {"seed": 42, "threads": 0, "strict": true,)"
                        R"( "trace_timeout": 10}})"));
  for (const char* text : {kSmall, kFull}) {
    const Recipe first = parse_recipe(text, "/a/b/r.json");
    EXPECT_EQ(*parse_recipe(first.effective->dump(), "/elsewhere/r.json").effective, *first.effective);
  }
}

TEST(Recipe, MoreMemoryThanNumbersHoldIsRefusedByName) {
  for (const char* size :
       {"9223372036854775808", "18446744073709551615", "100000000000000000000", "\"9e6TiB\""})
    test::expect_error(ErrorKind::kUsage,
                       "is 2^63 bytes or more, which no computer has\n  at --set runtime.max_memory=", [&] {
                         (void)parse_recipe(kSmall, "r.json", {std::string("runtime.max_memory=") + size});
                       });
  for (const char* size : {"0", "-1", "1.5"})
    test::expect_error(ErrorKind::kUsage, fmt::format("{} is not an amount of memory", size), [&] {
      (void)parse_recipe(kSmall, "r.json", {std::string("runtime.max_memory=") + size});
    });
  EXPECT_EQ(parse_recipe(kSmall, "r.json", {"runtime.max_memory=9223372036854775807"}).runtime.max_memory,
            9223372036854775807U);
}

// Its gates are described elsewhere in the schema, beside a default of their own.
TEST(Recipe, VerifyWithoutKeysHasItsDefaults) {
  const Recipe recipe = parse_recipe(kFull, "/r.json", {"export.0.verify={}", "gates={}"});
  ASSERT_TRUE(recipe.exports[0].verify);
  EXPECT_TRUE(recipe.exports[0].verify->gates.empty());
  EXPECT_EQ(recipe.exports[0].verify->options, json::object());
  EXPECT_EQ((*recipe.effective)["export"][0]["verify"],
            (json{{"gates", json::object()}, {"options", json::object()}}));
}

TEST(Recipe, TakesOverrides) {
  const struct {
    const char* text;
    const char* pointer;
    json value;
  } rows[] = {
      {"quantization.weight.dtype=int16", "/quantization/weight/dtype", "int16"},
      {"quantization.rules.0.dtype=int8", "/quantization/rules/0/dtype", "int8"},
      {"quantization.rules=[]", "/quantization/rules", json::array()},
      {"runtime.threads=1", "/runtime/threads", 1},
      {"evaluation.samples=3", "/evaluation/samples", 3},
      {"quantization.activation.options={\"a\": 1}", "/quantization/activation/options", {{"a", 1}}},
      {"quantization.activation.options.deep.er=x=y", "/quantization/activation/options/deep/er", "x=y"},
      {"export.0.file=a b.circle", "/export/0/file", "a b.circle"},
      {"model.config.bias=false", "/model/config/bias", false},
      {"gates.cosine=>= 0.5", "/gates/cosine", ">= 0.5"},
  };
  for (const auto& row : rows) {
    EXPECT_EQ(parse_recipe(kFull, "r.json", {row.text}).effective->at(json::json_pointer(row.pointer)),
              row.value)
        << row.text;
  }
  EXPECT_EQ(parse_recipe(kFull, "r.json", {"model.module=\"true\""}).model.module,
            "true");  // quotes keep what looks like JSON a string
  test::expect_error(ErrorKind::kUsage, "--set model.module=true",
                     [] { (void)parse_recipe(kFull, "r.json", {"model.module=true"}); });
  const Recipe twice = parse_recipe(kFull, "r.json", {"runtime.seed=1", "runtime.seed=2"});
  EXPECT_EQ(twice.runtime.seed, 2u);
  EXPECT_EQ(twice.where("/runtime/seed"), "--set runtime.seed=2 (/runtime/seed)");
}

struct Finding {
  const char* text;
  const char* where;
  const char* what;
  const char* hint = "";
};

void expect_finding(const Finding& row, const std::function<void()>& act) {
  try {
    act();
    ADD_FAILURE() << "no error: " << row.text;
  } catch (const Error& error) {
    EXPECT_EQ(error.kind(), ErrorKind::kUsage);
    EXPECT_EQ(error.diagnostics().size(), 1u) << error.format();
    EXPECT_EQ(error.diagnostics()[0].where, row.where) << row.text;
    EXPECT_THAT(error.diagnostics()[0].what, HasSubstr(row.what));
    EXPECT_THAT(error.diagnostics()[0].hint, HasSubstr(row.hint));
  }
}

TEST(Recipe, RefusesBadOverrides) {
  const Finding rows[] = {
      {"nonsense", "--set nonsense", "path=value"},
      {"=1", "--set =1", "path=value"},
      {"quantisation.weight.dtype=int8", "--set quantisation.weight.dtype=int8",
       "a recipe has no \"quantisation\"", "did you mean \"quantization\"?"},
      {"quantization.weigth.dtype=int8", "--set quantization.weigth.dtype=int8",
       "\"quantization\" has no \"weigth\"", "did you mean \"weight\"?"},
      {"quantization.weight.zzz=1", "--set quantization.weight.zzz=1", "has no \"zzz\"",
       "known keys: axis, block_size, dtype"},
      {"quantization.rules.7.dtype=int8", "--set quantization.rules.7.dtype=int8", "no element \"7\"",
       "from 0 to 1"},
      {"quantization.rules.x.dtype=int8", "--set quantization.rules.x.dtype=int8", "no element \"x\"",
       "from 0 to 1"},
      {"quantization.weight.dtype.x=1", "--set quantization.weight.dtype.x=1", "has no \"x\""},
      {"quantization.weight.dtype=int9", "--set quantization.weight.dtype=int9 (/quantization/weight/dtype)",
       "cannot be \"int9\"", "did you mean \"int8\"?"},
      {"runtime.threads=-1", "--set runtime.threads=-1 (/runtime/threads)", "at least 0, not -1"},
  };
  for (const Finding& row : rows) expect_finding(row, [&] { parse_recipe(kFull, "r.json", {row.text}); });
}

TEST(Recipe, ReportsEveryFindingInOrder) {
  try {
    parse_recipe(R"({"version": 2, "modle": {},
 "calibration": {"inputs": {"kind": "safetensor", "path": 7}},
 "runtime": {"threads": "two", "sede": 1}})",
                 "r.json");
    FAIL();
  } catch (const Error& error) {
    std::vector<std::string> lines;
    for (const Diagnostic& one : error.diagnostics()) lines.push_back(one.where + " " + one.what);
    EXPECT_THAT(
        lines,
        ::testing::ElementsAre(
            "r.json:1:13 (/version) \"version\" cannot be 2", "r.json:1:16 (/modle) unknown key \"modle\"",
            "r.json:2:37 (/calibration/inputs/kind) \"kind\" cannot be \"safetensor\"",
            "r.json:2:59 (/calibration/inputs/path) \"path\" must be a string, not a whole number",
            "r.json:3:25 (/runtime/threads) \"threads\" must be a whole number, not a string",
            "r.json:3:32 (/runtime/sede) unknown key \"sede\""));
    EXPECT_EQ(error.diagnostics()[1].hint, "did you mean \"model\"?");
  }
}

TEST(Recipe, LoadsFromAFile) {
  const std::filesystem::path folder = std::filesystem::path(::testing::TempDir()) / "vernier_recipe_test";
  std::filesystem::create_directories(folder);
  std::ofstream(folder / "r.json") << kSmall;
  EXPECT_EQ(load_recipe(folder / "r.json").model.checkpoint, folder / "c");
  test::expect_error(ErrorKind::kUsage, "the recipe is not a file", [&] { (void)load_recipe(folder); });
  try {
    load_recipe(folder / "none.json");
    FAIL();
  } catch (const Error& error) {
    EXPECT_THAT(error.what(), HasSubstr("not found"));
  }
  std::filesystem::remove_all(folder);
}

TEST(ResolveConfig, FollowsPointers) {
  const Recipe recipe = parse_recipe(kFull, "r.json");
  const json checkpoint = {{"vision_config", {{"hidden_size", 32}}}, {"text_config", {{"hidden_size", 64}}}};
  EXPECT_EQ(resolve_config(recipe, checkpoint),
            json({{"multimodal", {{"hidden_size", 32}}}, {"text", {{"hidden_size", 64}}}, {"bias", true}}));
  const Recipe deep = parse_recipe(kFull, "r.json", {"model.config.text=/text_config/hidden_sizes"});
  const Finding rows[] = {{"text", "--set model.config.text=/text_config/hidden_sizes (/model/config/text)",
                           "has no \"/text_config/hidden_sizes\"",
                           "did you mean \"/text_config/hidden_size\"?"}};
  expect_finding(rows[0], [&] { resolve_config(deep, checkpoint); });
  const Finding missing = {"vision", "r.json:5:38 (/model/config/multimodal)", "has no \"/vision_config\"",
                           "did you mean \"/vision_configs\"?"};
  expect_finding(missing, [&] { resolve_config(recipe, {{"vision_configs", 1}, {"text_config", 1}}); });
}

TEST(RecipeSchema, ServesEditors) {
  const json schema = json::parse(recipe_schema_text());
  const std::function<void(const json&, const std::string&)> walk = [&](const json& part,
                                                                        const std::string& path) {
    const json properties = part.value("properties", json::object());
    for (const auto& [key, value] : properties.items()) {
      EXPECT_TRUE(value.contains("description") || value.contains("$ref")) << path << "/" << key;
      walk(value, fmt::format("{}/{}", path, key));
    }
    if (part.contains("items")) walk(part["items"], path + "/items");
  };
  walk(schema, "");
  for (const auto& [key, value] : schema["definitions"].items()) {
    EXPECT_TRUE(value.contains("description")) << key;
    walk(value, "/definitions/" + key);
  }
}

}  // namespace
}  // namespace vernier::core
