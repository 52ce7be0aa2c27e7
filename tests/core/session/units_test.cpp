// Several units in one recipe: one module tree, sites that see the samples of all, a file and an account of
// each.
#include <gmock/gmock.h>

#include <algorithm>
#include <nlohmann/json.hpp>

#include "core/session/units_fixture.h"
#include "session/gates.h"
#include "vernier/core/verify.h"

namespace vernier::core::testing {
namespace {

TEST_F(Units, ASiteSeesTheSamplesOfEachUnitThatReachesIt) {
  const json report = run(options()).report;
  // Inputs are -1 to 1 in prefill, -1 to 3 in decode; keys twice as much; each unit passes "keys" twice a
  // sample or once.
  EXPECT_FLOAT_EQ(site("act_in").at("scale").at(0), 4.0F / 255);
  EXPECT_FLOAT_EQ(site("keys").at("scale").at(0), 8.0F / 255);
  for (const json& row : report.at("coverage").at("sites")) {
    const std::string name = row.at("site");
    if (name == "keys" || name == "scores") {
      EXPECT_EQ(row.at("collected"), name == "keys" ? 2 + 2 * 2 : 2 + 2) << name;
    }
  }
}

TEST_F(Units, EachHasItsFileItsMetricsAndItsGraph) {
  const json report = run(options()).report;
  ASSERT_EQ(report.at("units").size(), 2U);
  EXPECT_EQ(report.at("units")[1].at("name"), "decode");
  EXPECT_EQ(report.at("model").at("entry"), "prefill, decode");
  EXPECT_EQ(report.at("samples"), (json{{"calibration", 4}, {"evaluation", 4}}));
  EXPECT_TRUE(report.at("graph").is_null());
  EXPECT_EQ(report.at("units")[0].at("graph").at("outputs").size(), 2U);
  EXPECT_EQ(report.at("units")[1].at("graph").at("inputs").size(), 2U);
  ASSERT_EQ(report.at("verify").size(), 2U);
  for (size_t i = 0; i < 2; ++i) {
    EXPECT_EQ(report.at("exports")[i].at("units"), json::array({report.at("units")[i].at("name")}));
    EXPECT_EQ(report.at("verify")[i].at("unit"), report.at("units")[i].at("name"));
    EXPECT_EQ(report.at("verify")[i].at("samples"), 1)
        << "the second sample has another length than the file";
    for (const json& output : report.at("verify")[i].at("outputs"))
      EXPECT_EQ(output.at("quantized_to_file").at("codes_differ"), 0);
  }
}

// The float run of decode gets float keys, its fake-quant run the rounded ones.
TEST_F(Units, WhatFeedsAUnitRunsInTheSameLane) {
  run(options());
  const Checkpoint outputs = Checkpoint::open(folder_ / "run/outputs.safetensors", RunControl::none());
  const auto expected = [&](const std::string& lane, const std::vector<float>& x) {
    const std::vector<float> keys = floats_of(outputs, "prefill." + lane + "_out.1");
    std::vector<float> scores;
    for (size_t i = 0; i < keys.size(); i += 2) scores.push_back(x[0] * keys[i] + x[1] * keys[i + 1]);
    return scores;
  };
  const std::vector<float> exact = expected("float", {3, -1});
  const std::vector<float> scores = floats_of(outputs, "decode.float_out.0");
  ASSERT_EQ(scores.size(), 4U);
  EXPECT_EQ(std::vector<float>(scores.begin(), scores.begin() + 3), exact);
  // By hand: the input lies on the grid of 4 / 255 with zero point 64 at codes 255 and 0.
  const float step = 4.0F / 255;
  const std::vector<float> rounded = expected("quant", {191 * step, -64 * step});
  const std::vector<float> quantized = floats_of(outputs, "decode.quant_out.0");
  const float out_step = site("scores").at("scale").at(0);
  for (size_t i = 0; i < 3; ++i) EXPECT_NEAR(quantized[i], rounded[i], out_step / 2 * 1.001) << i;
  EXPECT_NE(rounded, exact) << "keys that rounding does not change show nothing";
}

TEST_F(Units, SeveralMayShareAFile) {
  recipe_["export"].push_back({{"backend", "circle"},
                               {"units", {"prefill", "decode"}},
                               {"file", "both.circle"},
                               {"profile", "none"},
                               {"gates", {{"quantized_to_file", {{"max_step", "<= 0"}}}}},
                               {"verify", {{"executor", "circle"}}}});
  const json report = run(options()).report;
  EXPECT_EQ(report.at("exports")[2].at("units"), (json{"prefill", "decode"}));
  ASSERT_EQ(report.at("verify").size(), 4U);
  for (const size_t i : {2, 3}) {
    EXPECT_EQ(report.at("verify")[i].at("unit"), report.at("units")[i - 2].at("name"));
    EXPECT_EQ(report.at("verify")[i].at("outputs").size(), 4 - i) << "prefill has two outputs, decode one";
  }
  const json rows = verify(options(), {folder_ / "run/both.circle", "circle", "{}", {}});
  ASSERT_EQ(rows.size(), 2U);
  EXPECT_EQ(rows[1].at("unit"), "decode");
  EXPECT_EQ(verify(options(), {folder_ / "run/both.circle", "circle", "{}", {}, "decode"}).size(), 1U);
  EXPECT_THAT(gates_table(report), ::testing::HasSubstr("both.circle, unit decode: gate max_step <= 0"));
  test::expect_error(ErrorKind::kUsage, "choose with --unit", [&] {
    (void)verify(options(), {folder_ / "run/both.circle", "circle", R"({"signature": "decode"})", {}});
  });
}

TEST_F(Units, WhoCannotTakeSeveralIsAskedBeforeTheWork) {
  json& both = recipe_["export"][0];
  both.erase("unit");
  both.update({{"units", {"prefill", "decode"}}});
  both["profile"] = "npu";
  expect_refusal(ErrorKind::kGate, "profile npu takes files of 1 subgraph; 2 were asked for");
  both.update({{"backend", "onnx"}, {"file", "both.onnx"}, {"profile", "none"}});
  expect_refusal(ErrorKind::kPlugin, "backend onnx writes one graph a file");
  both.update({{"backend", "circle"}, {"file", "both.circle"}, {"verify", {{"executor", "onnxruntime"}}}});
  expect_refusal(ErrorKind::kPlugin, "executor onnxruntime cannot choose among the units of a file");
  both["verify"] = {{"options", {{"signature", "prefill"}}}};
  expect_refusal(ErrorKind::kUsage, "option \"signature\" chooses among the units");
  both["verify"] = json::object();
  both["gates"] = {{"sqnr_db", ">= 300"}};
  test::expect_error(ErrorKind::kGate, "both.circle, unit prefill in executor circle: gate sqnr_db >= 300",
                     [&] { (void)run(options()); });
}

TEST_F(Units, AUnitMayBeAPartOfTheModule) {
  recipe_["units"].push_back(
      {{"name", "projection"}, {"module", "key_proj"}, {"calibration", {{"inputs", samples("projection")}}}});
  test::write_tensors(folder_ / "projection.safetensors", {{"input.0", test::floats({1, 1, 2}, {8, -8})}});
  recipe_["export"].push_back({{"backend", "circle"}, {"unit", "projection"}, {"file", "p.circle"}});
  run(options());
  EXPECT_TRUE(std::filesystem::exists(folder_ / "run/p.circle"));
  EXPECT_FLOAT_EQ(site("key_proj/act_in").at("scale").at(0), 16.0F / 255) << "its site sees that unit too";
  EXPECT_FLOAT_EQ(site("act_in").at("scale").at(0), 4.0F / 255);
}

TEST_F(Units, GatesHoldForEachAndAUnitsOwnComeFirst) {
  recipe_["gates"] = {{"sqnr_db", ">= 10"}};
  recipe_["units"][1]["gates"] = {{"sqnr_db", ">= 300"}};
  try {
    run(options());
    FAIL() << "no error";
  } catch (const Error& error) {
    EXPECT_EQ(error.kind(), ErrorKind::kGate);
    ASSERT_EQ(error.diagnostics().size(), 1U) << error.format();
    EXPECT_THAT(error.format(), ::testing::HasSubstr("unit decode: gate sqnr_db >= 300"));
    EXPECT_THAT(error.format(), ::testing::HasSubstr("(/units/1/gates/sqnr_db)"));
  }
  EXPECT_FALSE(std::filesystem::exists(folder_ / "run/prefill.circle"));
  const json report = read_json(folder_ / "run/report.json");
  ASSERT_EQ(report.at("gates").size(), 2U);
  EXPECT_EQ(report.at("gates")[0].at("unit"), "prefill");
  EXPECT_TRUE(report.at("gates")[0].at("met").get<bool>());
}

TEST_F(Units, VerifyFindsTheUnitByTheFilesName) {
  run(options());
  const SessionOptions session = options();
  const json rows = verify(session, {folder_ / "run/decode.circle", "", "{}", {}});
  ASSERT_EQ(rows.size(), 1U);
  EXPECT_EQ(rows[0].at("unit"), "decode");
  std::filesystem::copy(folder_ / "run/decode.circle", folder_ / "other.circle");
  test::expect_error(ErrorKind::kUsage, "--unit prefill|decode", [&] {
    (void)verify(session, {folder_ / "other.circle", "", "{}", {}});
  });
  EXPECT_EQ(verify(session, {folder_ / "other.circle", "", "{}", {}, "decode"})[0].at("unit"), "decode");
  test::expect_error(ErrorKind::kUsage, "the recipe has no unit decoed", [&] {
    (void)verify(session, {folder_ / "other.circle", "", "{}", {}, "decoed"});
  });
  test::expect_error(ErrorKind::kData, "the recipe's entry has x", [&] {
    (void)verify(session, {folder_ / "other.circle", "", "{}", {}, "prefill"});
  });
}

TEST_F(Units, VerifyKnowsFilesOfOneNameByTheirFolders) {
  recipe_["export"][0]["file"] = "a/model.circle";
  recipe_["export"][1]["file"] = "b/model.circle";
  run(options());
  for (const char* folder : {"a", "b"}) {
    const json rows = verify(options(), {folder_ / "run" / folder / "model.circle", "", "{}", {}});
    EXPECT_EQ(rows.at(0).at("unit"), folder == std::string("a") ? "prefill" : "decode");
  }
  std::filesystem::copy(folder_ / "run/b/model.circle", folder_ / "model.circle");
  test::expect_error(ErrorKind::kUsage, "several files of this name: a/model.circle, b/model.circle", [&] {
    (void)verify(options(), {folder_ / "model.circle", "", "{}", {}});
  });
  EXPECT_EQ(verify(options(), {folder_ / "model.circle", "", "{}", {}, "decode"}).size(), 1U);
}

// Evaluation samples of another length than the file: the calibration sample that it was made from is run,
// and it is fed in the lane of the file.
TEST_F(Units, ACalibrationSampleInTheirPlaceIsFedInTheSameLane) {
  recipe_["units"][1]["evaluation"] = {{"samples", 1}};
  const json wanted = run(options()).report->at("verify").at(1);
  recipe_["units"][1]["evaluation"] = {
      {"samples", 1},
      {"inputs",
       {{"kind", "synthetic"},
        {"inputs", {{"x", {{"shape", {1, 1, 2}}}}, {"past", {{"shape", {1, 9, 2}}}}}}}}};
  const json found = run(options()).report->at("verify").at(1);
  EXPECT_EQ(found.at("skipped_samples"), 1);
  EXPECT_EQ(found.at("outputs"), wanted.at("outputs"));
}

TEST_F(Units, ALimitThatNothingIsHeldToIsRefused) {
  recipe_["model"].update(
      {{"type", "OneOperand"}, {"config", {{"op", "argmax"}, {"axis", -1}, {"sites", {"x"}}}}});
  recipe_["units"] = {{{"name", "picks"}, {"calibration", {{"inputs", samples("prefill")}}}}};
  recipe_["export"] = json::array();
  const auto refused = [&](const std::string& pointer) {
    SessionOptions session = options();
    session.plugin_files = {std::filesystem::path(VERNIER_BINARY_DIR) / "fixtures/one_op/one_op.so"};
    test::expect_error(ErrorKind::kUsage, pointer, [&] { (void)run(session); });
  };
  recipe_["units"][0]["gates"] = {{"sqnr_db", ">= 300"}};
  refused("(/units/0/gates/sqnr_db)");
  recipe_["units"][0].erase("gates");
  recipe_["export"] = {{{"backend", "circle"},
                        {"unit", "picks"},
                        {"file", "picks.circle"},
                        {"gates", {{"quantized_to_file", {{"max_step", "<= 0"}}}}}}};
  refused("(/export/0/gates/quantized_to_file/max_step)");
  RecipeUnit unit;
  unit.gates["sqnr_db"] = {};
  EXPECT_TRUE(judge({}, unit, {}).empty()) << "and one unit of several is not judged by no numbers";
}

TEST_F(Units, ThePlanTellsEachUnit) {
  const json planned = plan(options());
  ASSERT_EQ(planned.at("units").size(), 2U);
  EXPECT_TRUE(planned.at("graph").is_null());
  EXPECT_EQ(planned.at("units")[0].at("graph").at("sample_shapes"), 2);
  EXPECT_EQ(planned.at("units")[1].at("graph").at("inputs")[1].at("shape"), (json{1, 3, 2}))
      << "the shape of the keys is known without running prefill";
  EXPECT_EQ(planned.at("exports")[1].at("units"), json::array({"decode"}));
}

}  // namespace
}  // namespace vernier::core::testing
