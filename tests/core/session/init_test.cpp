// A first recipe for a model: what it says, what it refuses, and that a plan takes it.
#include "vernier/core/init.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <fstream>
#include <nlohmann/json.hpp>

#include "support/expect_error.h"
#include "support/temp_folder.h"
#include "vernier/core/device_factory.h"
#include "vernier/core/presets.h"
#include "vernier/core/recipe.h"
#include "vernier/core/session.h"
#include "vernier/core/synthesize.h"

namespace vernier::core {
namespace {

using nlohmann::json;
using ::testing::HasSubstr;
namespace fs = std::filesystem;

class FirstRecipe : public ::testing::Test {
 protected:
  void SetUp() override {
    test::write_file(folder_ / "model/config.json", R"({"architectures": ["BertModel"]})");
    test::write_file(folder_ / "data/lines.txt", "one\ntwo\n");
    options_.model = folder_ / "model";
    options_.target = "tflite";
    options_.precision = "w8a16";
    options_.samples = folder_ / "data/lines.txt";
    options_.recipe = folder_ / "out/bert.json";
  }

  const test::TempFolder folder_;
  InitOptions options_;
};

TEST_F(FirstRecipe, ExtendsThePresetAndNamesModelAndSamples) {
  options_.tokens = 16;
  const std::string text = init_recipe(options_);
  EXPECT_EQ(test::read_file(options_.recipe), text);
  EXPECT_THAT(text, HasSubstr("// BertModel. What stands here goes over the preset tflite_w8a16.\n"));
  const json written = json::parse(text, nullptr, true, /*ignore_comments=*/true);
  EXPECT_EQ(written["model"], json::parse(R"({"checkpoint": "../model"})"));
  // The dtypes are those of the wrapper's own smoke cases.
  EXPECT_EQ(written["calibration"], json::parse(R"({"batch_size": 8, "inputs": {
    "kind": "prompts", "path": "../data/lines.txt", "processor": "checkpoint_files",
    "options": {"tokens": 16, "truncate": true, "token_dtype": "int32", "mask_dtype": "float32"}}})"));
  EXPECT_EQ(written["gates"], json::parse(R"({"cosine": ">= 0.99"})"));
  const Recipe recipe = load_recipe(options_.recipe);
  ASSERT_EQ(recipe.exports.size(), 1u);
  EXPECT_EQ(recipe.exports[0].backend, "tflite");
  EXPECT_EQ(recipe.exports[0].file, "model.q.tflite");
  EXPECT_EQ(recipe.model.checkpoint, folder_ / "model");
}

// Of one file, the last lines evaluate and do not calibrate.
TEST_F(FirstRecipe, KeepsLinesApartThatEvaluate) {
  const auto written_with = [&](int lines) {
    std::string text = "text,label\n";
    for (int i = 0; i < lines; ++i) text += "\"line " + std::to_string(i) + ", of many\",x\n";
    test::write_file(folder_ / "data/table.csv", text);
    fs::remove(options_.recipe);
    return json::parse(init_recipe(options_), nullptr, true, true);
  };
  options_.samples = folder_ / "data/table.csv";
  options_.column = "text";
  const json large = written_with(40);
  EXPECT_EQ(large["calibration"]["samples"], 24);
  EXPECT_EQ(large["calibration"]["inputs"]["column"], "text");
  EXPECT_FALSE(large["calibration"]["inputs"].contains("skip"));
  EXPECT_EQ(large["evaluation"]["samples"], 16);
  EXPECT_EQ(large["evaluation"]["inputs"]["skip"], 24);
  EXPECT_EQ(load_recipe(options_.recipe).units[0].evaluation.samples, 16);
  const json small = written_with(31);
  EXPECT_FALSE(small["calibration"].contains("samples"));
  EXPECT_FALSE(small["evaluation"]["inputs"].contains("skip"));
  EXPECT_EQ(small["evaluation"]["samples"], 16);
  EXPECT_EQ(written_with(3)["evaluation"]["samples"], 3) << "no more than there are";
  options_.evaluation = folder_ / "data/lines.txt";
  const json others = written_with(40);  // another file evaluates, and has no columns
  EXPECT_FALSE(others["calibration"].contains("samples"));
  EXPECT_FALSE(others["evaluation"]["inputs"].contains("column"));
  EXPECT_EQ(others["evaluation"]["samples"], 2);
}

TEST_F(FirstRecipe, OfAWholeProgramHasAFileForEachUnit) {
  test::write_file(folder_ / "model/config.json", R"({"architectures": ["Gemma4ForCausalLM"]})");
  options_.target = "circle";
  options_.precision = "w4a16";
  options_.tokens = 64;
  options_.profile = {{"pictures", "0"}, {"vision", "split"}};
  const json written = json::parse(init_recipe(options_), nullptr, true, true);
  EXPECT_EQ(written["model"], json::parse(R"({"checkpoint": "../model", "program": true,
    "profile": {"sequence": 64, "pictures": 0, "vision": "split"}})"));
  ASSERT_EQ(written["export"].size(), 1u);
  EXPECT_EQ(written["export"][0]["file"], "{unit}.q.circle");
  EXPECT_EQ(written["export"][0]["profile"], "npu");
  EXPECT_TRUE(written["export"][0].contains("verify")) << "the files are run";
  EXPECT_FALSE(written["calibration"].contains("batch_size"))
      << "samples of a program have their own lengths";
  EXPECT_TRUE(load_recipe(options_.recipe).model.program.has_value());
}

// A picture of gemma4_shapes may have 280 soft tokens, and prompts have a text, too.
TEST_F(FirstRecipe, OfAProgramIsLongEnoughForItsPictures) {
  options_.model = std::filesystem::path(VERNIER_SOURCE_DIR) / "tests/data/gemma4_shapes";
  options_.target = "circle";
  options_.precision = "w4a16";
  options_.tokens.reset();
  const std::pair<InitOptions, int> rows[] = {{options_, 512},
                                              {[&] {
                                                 InitOptions few = options_;
                                                 few.profile = {{"image_slots", "108"}};
                                                 return few;
                                               }(),
                                               128},
                                              {[&] {
                                                 InitOptions told = options_;
                                                 told.tokens = 64;
                                                 return told;
                                               }(),
                                               64},
                                              {[&] {
                                                 InitOptions wrong = options_;
                                                 wrong.profile = {{"pictures", "no"}};
                                                 return wrong;
                                               }(),
                                               128}};
  for (const auto& [options, sequence] : rows) {
    const json written = json::parse(init_recipe(options), nullptr, true, true);
    EXPECT_EQ(written["model"]["profile"]["sequence"], sequence);
    std::filesystem::remove(options.recipe);
  }
}

TEST_F(FirstRecipe, IsNotWrittenWhereSomethingIsWrong) {
  const auto refused = [&](const char* part) {
    test::expect_error(ErrorKind::kUsage, part, [&] { (void)init_recipe(options_); });
    EXPECT_FALSE(fs::exists(options_.recipe)) << part;
  };
  const InitOptions right = options_;
  options_.target = "tensorrt";
  refused("no preset is for the target \"tensorrt\"\n  at --target\n  targets: circle, onnx, tflite");
  options_ = right;
  options_.precision = "w2a2";
  refused("no preset is \"w2a2\" for the target tflite\n  at --preset\n  for tflite: w8, w8a16, w8a8");
  options_ = right;
  options_.samples = folder_ / "data/none.txt";
  refused("no such file\n  at --text ");
  options_ = right;
  options_.evaluation = folder_ / "data/none.txt";
  refused("no such file\n  at --evaluation ");
  options_ = right;
  options_.profile = {{"pictures", "1"}};
  refused("BertModel has no program, so no profile");
  options_ = right;
  test::write_file(folder_ / "model/config.json", R"({"architectures": ["T5ForConditionalGeneration"]})");
  refused("and are served: BertEmbeddings, BertModel, ");
  test::write_file(folder_ / "model/config.json", R"({"hidden_size": 8})");
  test::expect_error(ErrorKind::kData, "config.json names no architecture",
                     [&] { (void)init_recipe(options_); });
  test::write_file(folder_ / "model/config.json", R"({"architectures": ["BertModel"]})");
  test::write_file(options_.recipe, "mine");
  test::expect_error(ErrorKind::kUsage, "the recipe exists already", [&] { (void)init_recipe(options_); });
  EXPECT_EQ(test::read_file(options_.recipe), "mine");
}

// A preset's config keys are for the wrappers that read them.
TEST_F(FirstRecipe, AKeyThatOnlyAPresetWritesIsNoError) {
  test::write_file(folder_ / "linear.json",
                   R"({"seed": 1, "config": {"architectures": ["Linear"]}, "tensors": [{"name": "weight",
"dtype": "float32", "shape": [4, 8], "distribution": "normal", "mean": 0, "std": 1}]})");
  synthesize(folder_ / "linear.json", folder_ / "linear");
  const auto write = [&](const char* config) {
    test::write_file(folder_ / "recipe.json", std::string(R"({"version": 1, "extends": "tflite_w8a16",
"model": {"checkpoint": "linear", "type": "Linear", "config": {)") +
                                                  config + R"(}},
"calibration": {"inputs": {"kind": "synthetic", "inputs": {"input": {"shape": [2, 8]}}}, "samples": 2}})");
  };
  SessionOptions options;
  options.recipe = folder_ / "recipe.json";
  options.out = folder_ / "out";
  write(R"("bias": false)");
  const json report = plan(options);
  ASSERT_EQ(report["config"]["unread"].size(), 1u) << report["config"];
  EXPECT_EQ(report["config"]["unread"][0]["key"], "/layer_norm_form");
  EXPECT_EQ(report["config"]["unread"][0]["from"], "preset");
  EXPECT_THAT(report["config"]["unread"][0]["where"].get<std::string>(),
              HasSubstr("tflite_w8a16.preset.json:"));
  // The recipe that a run leaves has no preset any more, and runs all the same.
  options.device = &make_reference_device;
  run(options);
  const fs::path effective = *options.out / "recipe.effective.json";
  EXPECT_FALSE(json::parse(test::read_file(effective))["model"]["config"].contains("layer_norm_form"));
  SessionOptions again = options;
  again.recipe = effective;
  again.out = folder_ / "again";
  EXPECT_EQ(plan(again)["config"]["unread"], json::array());
  write(R"("bias": false, "layer_norm_form": "op")");
  test::expect_error(ErrorKind::kUsage, "no wrapper reads the config key \"layer_norm_form\"",
                     [&] { (void)plan(options); });
}

TEST(ShippedPresets, EachSaysWhatItIsAndStandsInTheFile) {
  const json rows = Presets::find({}).to_json();
  ASSERT_GE(rows.size(), 10u);
  for (const json& row : rows) {
    const std::string name = row.at("preset");
    EXPECT_FALSE(row.contains("error")) << row;
    EXPECT_EQ(name, row.at("target").get<std::string>() + "_" + row.at("precision").get<std::string>());
    EXPECT_FALSE(row.at("summary").get<std::string>().empty()) << name;
    const json content = Presets::content(row.at("file").get<std::string>());
    ASSERT_EQ(content.at("export").size(), 1u) << name;
    EXPECT_EQ(content["export"][0]["backend"], row.at("target")) << name;
  }
}

}  // namespace
}  // namespace vernier::core
