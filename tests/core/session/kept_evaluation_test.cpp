// runtime.journal: a run whose evaluation and qparams are those of an earlier one evaluates no sample again
// and says of them what it would have said; whatever they follow from, changed, makes it evaluate.
#include "session/kept_evaluation.h"

#include <gmock/gmock.h>

#include <nlohmann/json.hpp>

#include "core/session/run_recipe.h"
#include "support/expect_error.h"
#include "support/linear_recipe.h"
#include "support/tensors.h"
#include "vernier/core/error.h"

namespace vernier::core::testing {
namespace {

namespace fs = std::filesystem;
using nlohmann::json;
using ::testing::HasSubstr;
using ::testing::Not;

class KeptEvaluations : public ::testing::Test {
 protected:
  KeptEvaluations() {
    test::write_linear_checkpoint(folder_.path(), 3, 4, 1, 0);
    recipe_ = test::linear_recipe(folder_ / "checkpoint", true, {2, 4}, 5);
    recipe_["evaluation"] = {{"samples", 2}};
    recipe_["quantization"] = {{"activation", {{"observer", "minmax"}, {"dtype", "uint8"}}},
                               {"weight", {{"dtype", "int8"}, {"scheme", "symmetric"}}}};
    recipe_["export"] = {{{"backend", "circle"}, {"file", "m.circle"}}};
  }
  SessionOptions options(const json& recipe, bool with_journal) {
    test::write_file(folder_ / "recipe.json", recipe.dump());
    SessionOptions result;
    result.recipe = folder_ / "recipe.json";
    result.out = folder_ / "out";
    result.device = &make_reference_device;
    result.control = &control_;
    if (with_journal) result.journal = folder_ / "journal";
    text_.clear();
    return result;
  }
  json report(const json& recipe, bool with_journal = true) {
    return *run(options(recipe, with_journal)).report;
  }
  // What a report says that follows from the numbers.
  static json numbers(const json& report) {
    return {report.at("metrics"), report.at("gates"), report.at("units").at(0).at("samples"),
            report.at("units").at(0).at("metrics"), report.at("statistics")};
  }
  void expect_reused(const json& recipe) {
    const json kept = report(recipe);
    EXPECT_EQ(kept.at("journal").at("evaluation_reused"), true) << text_;
    EXPECT_THAT(text_, HasSubstr("evaluation is that of an earlier run with the same qparams"));
    EXPECT_THAT(text_, Not(HasSubstr("evaluating")));
    EXPECT_EQ(numbers(kept), numbers(report(recipe, false)));
  }
  void expect_anew(const json& recipe, const std::string& said = "") {
    EXPECT_EQ(report(recipe).at("journal").at("evaluation_reused"), false);
    EXPECT_THAT(text_, HasSubstr("evaluating"));
    EXPECT_THAT(text_, HasSubstr(said));
  }
  fs::path kept_file() {
    fs::path found;
    for (const auto& entry : fs::directory_iterator(folder_ / "journal"))
      if (entry.path().extension() == ".evaluation") found = entry.path();
    return found;
  }

  test::TempFolder folder_;
  json recipe_;
  std::string text_;
  RunControl control_{[this](const Progress& progress) { text_ += std::string(progress.text) + "\n"; }};
};

TEST_F(KeptEvaluations, ServeAnotherBackendAndOtherGates) {
  expect_anew(recipe_);
  expect_reused(recipe_);
  json other = recipe_;
  other["export"] = {{{"backend", "tflite"}, {"file", "m.tflite"}},
                     {{"backend", "onnx"}, {"file", "m.onnx"}}};
  expect_reused(other);
  other["gates"] = {{"sqnr_db", ">= 5"}};
  expect_reused(other);
}

TEST_F(KeptEvaluations, AreHeldToTheGatesOfThisRun) {
  expect_anew(recipe_);
  recipe_["gates"] = {{"sqnr_db", ">= 300"}};
  test::expect_error(ErrorKind::kGate, "gate sqnr_db >= 300", [&] { (void)report(recipe_); });
  EXPECT_FALSE(fs::exists(folder_ / "out/m.circle"));
}

TEST_F(KeptEvaluations, AreThoseOfTheirQparamsSamplesAndWeights) {
  expect_anew(recipe_);
  const auto changed = [&](const char* pointer, const json& value) {
    json other = recipe_;
    other[json::json_pointer(pointer)] = value;
    SCOPED_TRACE(pointer);
    expect_anew(other);
  };
  changed("/quantization/activation/dtype", "int16");
  changed("/quantization/rules", {{{"match", "weight"}, {"granularity", "tensor"}}});
  changed("/evaluation/samples", 1);
  json inputs = recipe_["calibration"]["inputs"];
  inputs["seed"] = 99;
  changed("/evaluation/inputs", inputs);
  changed("/calibration/samples", 1);
  expect_reused(recipe_);
  test::write_linear_checkpoint(folder_.path(), 3, 4, 2, 0);
  expect_anew(recipe_);
}

TEST_F(KeptEvaluations, DoNotServeARunThatWantsOutputs) {
  expect_anew(recipe_);
  SessionOptions wants = options(recipe_, true);
  wants.save_outputs = true;
  EXPECT_EQ((*run(wants).report).at("journal").at("evaluation_reused"), false);
  EXPECT_TRUE(fs::exists(folder_ / "out/outputs.safetensors"));
}

TEST_F(KeptEvaluations, WhatIsDamagedIsToldAndReplaced) {
  expect_anew(recipe_);
  const fs::path file = kept_file();
  ASSERT_FALSE(file.empty());
  const std::string good = test::read_file(file);
  json edited = json::parse(good);
  edited["account"]["units"][0]["metrics"][1] = 0;  // a smaller error
  json other = json::parse(good);
  other["identity"] = "of another";
  const std::pair<std::string, const char*> rows[] = {
      {edited.dump(), "was changed; evaluating anew"},
      {other.dump(), "is of another evaluation; evaluating anew"},
      {good.substr(0, good.size() / 2), "is damaged"},
      {"", "is damaged"},
      {"[]", "is damaged"},
      {std::string(100, '['), "is damaged"}};
  for (const auto& [text, said] : rows) {
    test::write_file(file, text);
    expect_anew(recipe_, file.string() + " " + said);
    EXPECT_EQ(test::read_file(file), good) << said;
  }
  expect_reused(recipe_);
}

TEST_F(KeptEvaluations, ThatCannotBeWrittenAreToldAndTheRunEndsWell) {
  expect_anew(recipe_);
  const fs::path file = kept_file();
  fs::remove(file);
  fs::create_directories(file / "in the way");
  expect_anew(recipe_, "no evaluation is kept: ");
  EXPECT_THAT(text_, HasSubstr(file.string() + " is damaged: "));
  EXPECT_TRUE(fs::exists(folder_ / "out/m.circle"));
  EXPECT_TRUE(fs::exists(file / "in the way"));
}

TEST_F(KeptEvaluations, AreNeitherMadeNorTakenWithGivenQparams) {
  expect_anew(recipe_);
  fs::copy_file(folder_ / "out/qparams.json", folder_ / "qparams.json");
  fs::remove(kept_file());
  recipe_["quantization"]["from"] = "qparams.json";
  EXPECT_EQ(report(recipe_).at("journal"), nullptr);
  EXPECT_THAT(text_, HasSubstr("evaluating"));
  EXPECT_TRUE(kept_file().empty());
}

TEST(EvaluationAccount, ComesBackToTheLastBit) {
  const test::TempFolder folder;
  EvaluationAccount account;
  Metrics metrics;
  metrics.add(test::floats({3}, {0.1f, -2, 3e-8f}), test::floats({3}, {0.1f, -1.9999f, 1e-30f}));
  account.units = {{metrics, 3, {metrics, Metrics()}}, {Metrics(), 0, {}}};
  account.total = metrics;
  account.sites = json{{"samples", 2}, {"sites", {0.1, 1e300}}};
  const KeptEvaluation kept(folder.path(), "identity");
  std::string said;
  EXPECT_FALSE(kept.give(2, said).has_value());
  EXPECT_EQ(said, "");
  kept.keep(account);
  const auto found = kept.give(2, said);
  ASSERT_TRUE(found.has_value()) << said;
  EXPECT_EQ(found->units.at(0).metrics.state(), metrics.state());
  EXPECT_EQ(found->units.at(0).samples, 3u);
  ASSERT_EQ(found->units.at(0).per_sample.size(), 2u);
  EXPECT_EQ(found->units.at(0).per_sample[0].state(), metrics.state());
  EXPECT_TRUE(found->units.at(0).per_sample[1].is_empty());
  EXPECT_TRUE(found->units.at(1).metrics.is_empty());
  EXPECT_EQ(*found->sites, *account.sites);
  EXPECT_FALSE(kept.give(1, said).has_value()) << "another number of units";
  EXPECT_FALSE(KeptEvaluation({}, "identity").give(2, said).has_value()) << "without a folder";
}

TEST(Metrics, ComeFromNineNumbersOnly) {
  for (const char* text :
       {"null", "[]", "[1,2,3,4,5,6,7,8]", "[-1,2,3,4,5,6,7,8,9]", "[1,2,3,4,5,6,7,8,\"9\"]"})
    test::expect_error(ErrorKind::kData, "metrics have nine numbers",
                       [&] { Metrics::from_state(json::parse(text)); });
}

}  // namespace
}  // namespace vernier::core::testing
