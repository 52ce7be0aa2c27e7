// Who a file is for: the profile of its export entry gives options, and the file is held to it, by plan and
// by run, before it gets its name.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <nlohmann/json.hpp>

#include "core/session/run_recipe.h"
#include "support/expect_error.h"
#include "support/linear_recipe.h"
#include "support/shipped_profile.h"
#include "support/temp_folder.h"
#include "vernier/core/check.h"
#include "vernier/core/error.h"
#include "vernier/core/verify.h"

namespace vernier::core::testing {
namespace {

using nlohmann::json;
namespace fs = std::filesystem;

class Consumer : public ::testing::Test {
 protected:
  Consumer() {
    test::write_linear_checkpoint(folder_.path(), 8, 16, 0.2);
    recipe_ = test::linear_recipe(folder_ / "checkpoint", false, {4, 16}, 2);
    recipe_["export"] = {{{"backend", "circle"}, {"file", "m.circle"}}};
  }
  json& entry() { return recipe_["export"][0]; }
  void quantize(const char* activation, const char* weight) {
    recipe_["quantization"] = {{"activation", {{"observer", "minmax"}, {"dtype", activation}}},
                               {"weight", {{"observer", "minmax"}, {"dtype", weight}}}};
  }
  SessionOptions options() {
    test::write_file(folder_ / "recipe.json", recipe_.dump(1));
    SessionOptions result;
    result.recipe = folder_ / "recipe.json";
    result.out = folder_ / "out";
    result.device = &make_reference_device;
    return result;
  }
  // The stored dtype of the weight, read from the file.
  static std::string weight_of(const json& report) {
    for (const json& row : report.at("coverage").at("parameters")) {
      if (row.at("parameter") == "weight") return row.at("files").at(0).at("dtype");
    }
    return "no weight";
  }

  test::TempFolder folder_;
  json recipe_;
};

TEST_F(Consumer, OfTheBackendGetsTheCodesThatItTakes) {
  quantize("uint8", "int8");
  entry()["verify"] = {{"executor", "circle"}};
  const json report = run(options()).report;
  EXPECT_EQ(weight_of(report), "uint8") << "TICO's files have unsigned weights";
  const json& profile = report.at("exports").at(0).at("profile");
  EXPECT_EQ(profile.at("profile"), "tico");
  EXPECT_EQ(profile.at("errors"), 0);
  EXPECT_EQ(report.at("verify").at(0).at("outputs").at(0).at("quantized_to_file").at("codes_differ"), 0)
      << "other codes, the same numbers";
  const json effective = read_json(folder_ / "out/recipe.effective.json");
  EXPECT_EQ(effective.at("export").at(0).at("profile"), "tico");
  EXPECT_EQ(effective.at("export").at(0).at("options").at("codes"), "unsigned");
  SessionOptions again = options();
  again.recipe = folder_ / "out/recipe.effective.json";
  again.out = folder_ / "again";
  (void)run(again);
  EXPECT_EQ(test::read_file(folder_ / "again/m.circle"), test::read_file(folder_ / "out/m.circle"));
}

TEST_F(Consumer, NoneLeavesTheFileAsTheRecipeSays) {
  quantize("uint8", "int8");
  entry()["profile"] = "none";
  const json report = run(options()).report;
  EXPECT_EQ(weight_of(report), "int8");
  EXPECT_EQ(report.at("exports").at(0).at("profile"), nullptr);
  EXPECT_EQ(read_json(folder_ / "out/recipe.effective.json").at("export").at(0).at("profile"), "none");
}

TEST_F(Consumer, LosesToAnOptionOfTheRecipeAndIsHeldToAllTheSame) {
  quantize("uint8", "int8");
  entry()["options"] = {{"codes", "as_is"}};
  test::expect_error(ErrorKind::kGate, "operand 1 is INT8, not UINT8 or UINT4 or INT16",
                     [&] { run(options()); });
}

// By the types alone, before calibration: nothing is there afterwards.
TEST_F(Consumer, ThatCannotTakeTheFileIsSaidByPlanAndByRunBeforeTheWork) {
  quantize("uint8", "uint8");
  entry()["profile"] = "npu";
  const std::string text =
      "m.circle does not fit profile npu: operator 0 (FULLY_CONNECTED): its result is UINT8";
  test::expect_error(ErrorKind::kGate, text, [&] { (void)plan(options()); });
  test::expect_error(ErrorKind::kGate, text, [&] { run(options()); });
  test::expect_error(ErrorKind::kGate, "recipe.json:", [&] { run(options()); });
  EXPECT_FALSE(fs::exists(folder_ / "out"));
}

// A rule about numbers, which plan does not know: the file is made, held to it and taken back.
TEST_F(Consumer, ThatDislikesTheNumbersLeavesAReportAndNoModel) {
  quantize("uint8", "uint8");
  test::write_file(folder_ / "plugins/odd.profile.json",
                   R"({"profile": "odd", "version": "1.0.0", "summary": "s", "source": "s",
                       "formats": ["circle"],
                       "rules": [{"says": "odd wants 77", "operators": ["FULLY_CONNECTED"],
                       "require": [{"of": "output 0", "zero_points": [77]}]}]})");
  recipe_["plugins"] = {{"search", {(folder_ / "plugins").string()}}};
  entry()["profile"] = "odd";
  (void)plan(options());
  test::expect_error(ErrorKind::kGate, "odd wants 77", [&] { run(options()); });
  EXPECT_FALSE(fs::exists(folder_ / "out/m.circle"));
  const json row = read_json(folder_ / "out/report.json").at("exports").at(0).at("profile");
  EXPECT_EQ(row.at("errors"), 1);
  EXPECT_EQ(row.at("findings").at(0).at("count"), 1);
}

TEST_F(Consumer, ThatIsNotThereIsAnErrorWithTheRecipesLine) {
  quantize("uint8", "uint8");
  entry()["profile"] = "tiko";
  test::expect_error(ErrorKind::kUsage, "did you mean \"tico\"", [&] { (void)plan(options()); });
  test::expect_error(ErrorKind::kUsage, "(/export/0/profile)", [&] { (void)plan(options()); });
}

// Files that the host does not read that closely: said before the work, companions or not.
TEST_F(Consumer, OfAnotherFormatCannotBeJudged) {
  quantize("uint8", "int8");
  entry() = {{"backend", "onnx"}, {"file", "m.onnx"}, {"profile", "npu"}};
  test::expect_error(ErrorKind::kGate, "m.onnx does not fit profile npu: the file: is onnx; circle is wanted",
                     [&] { (void)plan(options()); });
  for (const char* backend : {"compressed_tensors", "encodings"}) {
    entry() = {{"backend", backend}, {"file", "m.file"}, {"profile", "npu"}};
    test::expect_error(ErrorKind::kUsage, "no Circle, TFLite or ONNX file", [&] { (void)plan(options()); });
  }
  for (const char* backend : {"onnx", "compressed_tensors", "encodings"}) {
    entry() = {{"backend", backend}, {"file", "m.file"}, {"gates", {{"float_ops", "== 0"}}}};
    test::expect_error(ErrorKind::kUsage, "cannot be read from it", [&] { (void)plan(options()); });
  }
}

// An executor that cannot run such a file would say so instead.
TEST_F(Consumer, ThatDoesNotTakeTheFileIsHeardBeforeItIsExecuted) {
  quantize("uint8", "uint8");
  test::write_file(
      folder_ / "plugins/odd.profile.json",
      R"({"profile": "odd", "version": "1.0.0", "summary": "s", "source": "s", "formats": ["circle"],
           "rules": [{"says": "odd wants 77", "require": [{"of": "output 0", "zero_points": [77]}]}]})");
  recipe_["plugins"] = {{"search", {(folder_ / "plugins").string()}}};
  entry()["profile"] = "odd";
  entry()["verify"] = {{"executor", "circle"}};
  test::expect_error(ErrorKind::kGate, "odd wants 77", [&] { run(options()); });
  EXPECT_EQ(read_json(folder_ / "out/report.json").at("verify"), json::array());
}

TEST_F(Consumer, WithOptionsThatTheBackendLacksIsRefused) {
  quantize("uint8", "uint8");
  test::write_file(folder_ / "plugins/odd.profile.json",
                   R"({"profile": "odd", "version": "1.0.0", "summary": "s", "source": "s",
                       "formats": ["circle"], "options": {"circle": {"colour": 1}}, "rules": []})");
  recipe_["plugins"] = {{"search", {(folder_ / "plugins").string()}}};
  entry()["profile"] = "odd";
  test::expect_error(ErrorKind::kData, "colour", [&] { (void)plan(options()); });
  test::expect_error(ErrorKind::kData, "odd.profile.json", [&] { (void)plan(options()); });
}

// A weight alone in codes: LiteRT computes the Linear in float, and so says the file.
TEST_F(Consumer, IsToldWhatTheFileComputesInFloat) {
  quantize("uint8", "int8");
  const json nothing = run(options()).report->at("exports").at(0).at("float");
  EXPECT_EQ(nothing, json::parse(R"({"operators": {}, "count": 0, "total": 1, "inputs": [], "outputs": [],
                                     "tensors": 0, "limit": null, "tensors_limit": null, "met": true})"));
  recipe_["quantization"]["activation"] = {{"observer", "identity"}};
  entry() = {{"backend", "tflite"}, {"file", "m.tflite"}};
  EXPECT_EQ(run(options()).report->at("exports").at(0).at("float"),
            json::parse(R"({"operators": {"FULLY_CONNECTED": 1}, "count": 1, "total": 1, "inputs": ["input"],
                            "outputs": ["linear"], "tensors": 2, "limit": null, "tensors_limit": null,
                            "met": true})"));
  entry()["gates"] = {{"float_ops", "<= 1"}};
  EXPECT_EQ(run(options()).report->at("exports").at(0).at("float").at("limit"), "<= 1");
  EXPECT_TRUE(fs::exists(folder_ / "out/m.tflite"));
}

TEST_F(Consumer, IsSparedFloatByAGateThatPlanKnows) {
  quantize("uint8", "int8");
  recipe_["quantization"]["activation"] = {{"observer", "identity"}};
  entry() = {{"backend", "tflite"}, {"file", "m.tflite"}, {"gates", {{"float_ops", "== 0"}}}};
  test::expect_error(ErrorKind::kGate,
                     "m.tflite computes in float: 1 FULLY_CONNECTED; gate float_ops == 0 is not met",
                     [&] { (void)plan(options()); });
  test::expect_error(ErrorKind::kGate, "(/export/0/gates/float_ops)", [&] { run(options()); });
  EXPECT_FALSE(fs::exists(folder_ / "out"));
  entry() = {{"backend", "onnx"}, {"file", "m.onnx"}, {"gates", {{"float_ops", "== 0"}}}};
  test::expect_error(ErrorKind::kUsage, "what m.onnx computes in float cannot be read",
                     [&] { (void)plan(options()); });
  entry()["gates"] = {{"float_ops", "= 0"}};
  test::expect_error(ErrorKind::kUsage, "\"= 0\" is not a limit", [&] { (void)plan(options()); });
}

// A file that takes float32 and makes codes of it computes nothing in float, and has float tensors.
TEST_F(Consumer, IsSparedFloatTensorsByAGateThatPlanKnows) {
  quantize("int8", "int8");
  entry() = {{"backend", "tflite"},
             {"file", "m.tflite"},
             {"options", {{"io", "float32"}}},
             {"gates", {{"float_ops", "== 0"}}}};
  const json work = run(options()).report->at("exports").at(0).at("float");
  EXPECT_EQ(work.at("count"), 0);
  EXPECT_EQ(work.at("tensors"), 2);
  EXPECT_TRUE(work.at("met"));
  entry()["gates"]["float_tensors"] = "== 0";
  test::expect_error(ErrorKind::kGate, "m.tflite has 2 float tensors; gate float_tensors == 0 is not met",
                     [&] { (void)plan(options()); });
  entry()["options"] = json::object();
  EXPECT_EQ(run(options()).report->at("exports").at(0).at("float").at("tensors_limit"), "== 0");
}

// `verify --recipe` holds a file to what the recipe holds it to, before it is executed.
TEST_F(Consumer, IsAskedAgainWhenAFileIsVerified) {
  quantize("uint8", "int8");
  entry()["profile"] = "none";
  (void)run(options());
  VerifyOptions file;
  file.file = folder_ / "out/m.circle";
  EXPECT_EQ(verify(options(), file).at(0).at("first_divergence"), nullptr);
  entry()["profile"] = "tico";
  test::expect_error(ErrorKind::kGate, "operand 1 is INT8, not UINT8",
                     [&] { (void)verify(options(), file); });
  entry()["profile"] = "none";
  entry()["gates"] = {{"float_ops", "> 0"}};
  test::expect_error(ErrorKind::kGate, "m.circle computes in float: nothing; gate float_ops > 0 is not met",
                     [&] { (void)verify(options(), file); });
}

// int4 too, two codes to a byte.
TEST_F(Consumer, GetsUnsignedCodesOfFourBits) {
  quantize("int16", "int4");
  entry()["profile"] = "npu";
  entry()["verify"] = {{"executor", "circle"}};
  const json report = run(options()).report;
  EXPECT_EQ(weight_of(report), "uint4");
  EXPECT_EQ(report.at("verify").at(0).at("outputs").at(0).at("quantized_to_file").at("codes_differ"), 0);
}

}  // namespace
}  // namespace vernier::core::testing
