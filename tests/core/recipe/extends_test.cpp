// Recipes that stand on others, and what messages say of each one's text.
#include "recipe/extends.h"

#include <fmt/format.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <nlohmann/json.hpp>

#include "plugin/catalog.h"
#include "session/output_check.h"
#include "support/expect_error.h"
#include "support/temp_folder.h"
#include "vernier/core/recipe.h"
#include "vernier/core/session.h"

namespace vernier::core {
namespace {

using nlohmann::json;
namespace fs = std::filesystem;

class Extends : public ::testing::Test {
 protected:
  fs::path write(const fs::path& name, const std::string& text) {
    test::write_file(folder_ / name, text);
    return folder_ / name;
  }
  fs::path file(const char* name) const { return folder_ / name; }

  const test::TempFolder temporary_;
  const fs::path folder_ = temporary_.path();
};

TEST_F(Extends, TheRecipeGoesOverWhatItExtends) {
  write("base/base.json", R"({
  "preset": {"target": "circle"},
  "quantization": {
    "activation": {"observer": "percentile", "dtype": "int16", "options": {"percentile": 99.0}},
    "rules": [{"match": "a", "dtype": "int8"}, {"match": "b", "dtype": "int8"}]
  },
  "calibration": {"inputs": {"kind": "npy", "path": "x.npy"}, "samples": 7},
  "export": [{"backend": "circle", "file": "base.circle"}]
})");
  const fs::path top = write("top.json", R"({
  "version": 1, "extends": "base/base.json",
  "model": {"checkpoint": "model"},
  "quantization": {"activation": {"dtype": "uint8", "options": null},
    "rules": [{"match": "a", "dtype": "int4"}]},
  "export": [{"backend": "tflite", "file": "top.tflite"}, {"backend": "onnx", "file": "top.onnx"}]
})");
  const Recipe recipe = load_recipe(top);
  const json& effective = recipe.effective;
  EXPECT_EQ(effective["quantization"]["activation"],
            json::parse(R"({"observer": "percentile", "dtype": "uint8"})"));
  EXPECT_EQ(effective["quantization"]["rules"].size(), 3u);
  EXPECT_EQ(effective["quantization"]["rules"][0]["dtype"], "int8");
  EXPECT_EQ(effective["quantization"]["rules"][2]["dtype"], "int4") << "the recipe's own come last";
  EXPECT_EQ(effective["export"].size(), 2u) << "an array is replaced as a whole";
  EXPECT_FALSE(effective.contains("extends") || effective.contains("preset"));
  // Each path means the folder of its own text.
  EXPECT_EQ(effective["calibration"]["inputs"]["path"], (folder_ / "base/x.npy").string());
  EXPECT_EQ(effective["model"]["checkpoint"], (folder_ / "model").string());
  EXPECT_EQ(recipe.extended, std::vector{fs::canonical(folder_ / "base/base.json")});
  // Where a value stands, by the text that has it.
  EXPECT_EQ(recipe.where("/calibration/samples"),
            file("base/base.json").string() + ":7:74 (/calibration/samples)");
  EXPECT_EQ(recipe.where("/quantization/rules/1/dtype"),
            file("base/base.json").string() + ":5:72 (/quantization/rules/1/dtype)");
  EXPECT_EQ(recipe.where("/quantization/rules/2/dtype"),
            top.string() + ":5:39 (/quantization/rules/2/dtype)");
  EXPECT_EQ(recipe.where("/quantization"), top.string() + ":4:19 (/quantization)");
}

TEST_F(Extends, AnOverrideCountsOverBothAndMayChooseTheBase) {
  write("a.json", R"({"calibration": {"inputs": {"kind": "npy", "path": "a.npy"}, "samples": 1}})");
  write("b.json", R"({"calibration": {"inputs": {"kind": "npy", "path": "b.npy"}, "samples": 2}})");
  const fs::path top =
      write("top.json", R"({"version": 1, "extends": "a.json", "model": {"checkpoint": "m"}})");
  EXPECT_EQ(load_recipe(top).units[0].calibration.samples, 1);
  const Recipe other = load_recipe(top, {"extends=b.json", "calibration.batch_size=4"});
  EXPECT_EQ(other.units[0].calibration.samples, 2);
  EXPECT_EQ(other.units[0].calibration.batch_size, 4u);
  test::expect_error(ErrorKind::kUsage, "--set extends=c.json (/extends)",
                     [&] { (void)load_recipe(top, {"extends=c.json"}); });
}

TEST_F(Extends, ARunDoesNotWriteOverWhatItExtends) {
  write("out/base.json", R"({"calibration": {"inputs": {"kind": "npy", "path": "a.npy"}}})");
  SessionOptions options;
  options.recipe =
      write("top.json", R"({"version": 1, "extends": "out/base.json", "model": {"checkpoint": "m"},
"export": [{"backend": "b", "file": "base.json"}]})");
  options.out = folder_ / "out";
  test::expect_error(ErrorKind::kUsage, "base.json would overwrite a recipe that it extends\n  at ",
                     [&] { (void)check_outputs(options, load_recipe(options.recipe), Catalog({})); });
}

TEST_F(Extends, FindingsNameTheTextThatIsWrong) {
  write("base.json", "{\n  \"quantization\": {\"activation\": {\"dtype\": \"int9\"}}\n}");
  const fs::path top =
      write("top.json", R"({"version": 1, "extends": "base.json", "model": {"checkpoint": "m"}, "gats": {},
"calibration": {"inputs": {"kind": "npy", "path": "x.npy"}}})");
  try {
    (void)load_recipe(top);
    FAIL() << "accepted";
  } catch (const Error& error) {
    ASSERT_EQ(error.diagnostics().size(), 2u) << error.format();
    EXPECT_EQ(error.diagnostics()[0].where, top.string() + ":1:70 (/gats)");
    EXPECT_EQ(error.diagnostics()[1].where,
              file("base.json").string() + ":2:44 (/quantization/activation/dtype)");
  }
}

TEST_F(Extends, WhatCannotBeExtendedIsRefusedAtItsPlace) {
  write("broken.json", "{\"version\": 1,\n");
  write("list.json", "[1]");
  write("itself.json", R"({"extends": "itself.json"})");
  write("one.json", R"({"extends": "two.json"})");
  write("two.json", R"({"extends": "one.json"})");
  for (int i = 0; i < 9; ++i)
    write(fmt::format("chain_{}.json", i), fmt::format(R"({{"extends": "chain_{}.json"}})", i + 1));
  write("chain_9.json", "{}");
  const struct {
    const char* extends;
    const char* part;
  } kCases[] = {
      {R"("missing.json")", "missing.json is not there\n  at "},
      {R"("tflite_w9")", "unknown preset"},
      {R"("tflite_w8a61")", "did you mean \"tflite_w8a16\"?"},
      {"7", "\"extends\" is a string"},
      {R"("broken.json")", "broken.json:2:1"},
      {R"("list.json")", "a recipe is an object\n  at "},
      {R"("itself.json")", "itself.json extends itself\n  at "},
      {R"("two.json")", "two.json extends itself\n  at "},
      {R"("chain_0.json")", "more than 8 recipes extend one another"},
  };
  for (const auto& one : kCases) {
    const fs::path top = write("top.json", fmt::format(R"({{"version": 1,
"extends": {}, "model": {{"checkpoint": "m"}}}})",
                                                       one.extends));
    test::expect_error(ErrorKind::kUsage, one.part, [&] { (void)load_recipe(top); });
  }
  test::expect_error(ErrorKind::kUsage, "top.json:2:12 (/extends)", [&] {
    (void)load_recipe(write("top.json", "{\"version\": 1,\n\"extends\": \"missing.json\"}"));
  });
  test::expect_error(ErrorKind::kUsage, "a recipe that is no file extends nothing", [&] {
    (void)parse_recipe(R"({"version": 1, "extends": "a.json", "model": {"checkpoint": "m"},
"calibration": {"inputs": {"kind": "npy", "path": "x.npy"}}})",
                       "text.json");
  });
}

}  // namespace
}  // namespace vernier::core
