// Several units in one recipe: one module tree, sites that see the samples of all, a file and an account of
// each.
#include <gmock/gmock.h>

#include <algorithm>
#include <nlohmann/json.hpp>

#include "core/session/run_recipe.h"
#include "session/gates.h"
#include "support/expect_error.h"
#include "support/tensors.h"
#include "vernier/core/verify.h"

namespace vernier::core::testing {
namespace {

using nlohmann::json;

// The fixture Cached of dimension 2 with keys of 2 x: prefill on three tokens, decode on one more.
class Units : public ::testing::Test {
 protected:
  Units() {
    test::write_tensors(folder_ / "checkpoint/model.safetensors",
                        {{"key_proj.weight", test::floats({2, 2}, {2, 0, 0, 2})}});
    test::write_file(folder_ / "checkpoint/config.json", "{}");
    test::write_tensors(folder_ / "prefill.safetensors",
                        {{"x.0", test::floats({1, 3, 2}, {1, 0, 0, 1, -1, 0.5F})},
                         {"x.1", test::floats({1, 2, 2}, {0.5F, 0.5F, 0.25F, -0.25F})}});
    test::write_tensors(folder_ / "decode.safetensors", {{"x.0", test::floats({1, 1, 2}, {3, -1})},
                                                         {"x.1", test::floats({1, 1, 2}, {0.1F, 0.2F})}});
    recipe_ = {
        {"version", 1},
        {"model", {{"checkpoint", (folder_ / "checkpoint").string()}, {"type", "Cached"}}},
        {"units",
         {{{"name", "prefill"}, {"entry", "prefill"}, {"calibration", {{"inputs", samples("prefill")}}}},
          {{"name", "decode"}, {"entry", "decode"}, {"calibration", {{"inputs", samples("decode")}}}}}},
        {"runtime", {{"isolate", false}}}};
    recipe_["units"][1]["calibration"]["inputs"]["from_units"] = {
        {"past", {{"unit", "prefill"}, {"output", 1}}}};
    for (json& unit : recipe_["units"]) unit["evaluation"] = {{"samples", 2}};
    for (const char* name : {"prefill", "decode"}) {
      recipe_["export"].push_back({{"backend", "circle"},
                                   {"unit", name},
                                   {"file", std::string(name) + ".circle"},
                                   {"profile", "none"},
                                   {"gates", {{"quantized_to_file", {{"max_step", "<= 0"}}}}}});
    }
  }

  [[nodiscard]] json samples(const std::string& name) const {
    return {{"kind", "safetensors"}, {"path", (folder_ / (name + ".safetensors")).string()}};
  }
  [[nodiscard]] SessionOptions options() const {
    test::write_file(folder_ / "recipe.json", recipe_.dump(1));
    SessionOptions options;
    options.recipe = folder_ / "recipe.json";
    options.plugin_files = {std::filesystem::path(VERNIER_BINARY_DIR) / "fixtures/cached/cached.so"};
    options.out = folder_ / "run";
    options.save_outputs = true;
    options.device = &make_reference_device;
    return options;
  }
  void expect_refusal(ErrorKind kind, const std::string& text) const {
    test::expect_error(kind, text, [&] { (void)run(options()); });
    EXPECT_FALSE(std::filesystem::exists(folder_ / "run"));
  }
  [[nodiscard]] json site(const std::string& path) const {
    for (const json& row : read_json(folder_ / "run/qparams.json")) {
      if (row.at("site") == path) return row;
    }
    ADD_FAILURE() << "no site " << path;
    return {};
  }

  test::TempFolder folder_;
  json recipe_;
};

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

struct Wrong {
  const char* what;
  std::string pointer;  // of the recipe's value that is set
  json value;           // null: taken out
  ErrorKind kind;
  std::string text;  // of the error
};

void PrintTo(const Wrong& wrong, std::ostream* out) { *out << wrong.what; }

class WrongUnits : public Units, public ::testing::WithParamInterface<Wrong> {};

TEST_P(WrongUnits, IsToldBeforeTheWork) {
  const json::json_pointer place(GetParam().pointer);
  if (GetParam().value.is_null())
    recipe_.at(place.parent_pointer()).erase(place.back());
  else
    recipe_[place] = GetParam().value;
  expect_refusal(GetParam().kind, GetParam().text);
}

const char* const kFed = "/units/1/calibration/inputs/from_units";
const json kAllFed = {{"kind", "units"}, {"from_units", {{"past", {{"unit", "prefill"}, {"output", 1}}}}}};

INSTANTIATE_TEST_SUITE_P(
    Rows, WrongUnits,
    ::testing::Values(
        Wrong{"calibration_beside_units",
              "/calibration",
              {{"inputs", {{"kind", "npy"}, {"path", "x.npy"}}}},
              ErrorKind::kUsage,
              "\"calibration\" does not go with \"units\""},
        Wrong{"evaluation_beside_units",
              "/evaluation",
              {{"samples", 1}},
              ErrorKind::kUsage,
              "\"evaluation\" does not go with \"units\""},
        Wrong{"two_of_one_name", "/units/1/name", "prefill", ErrorKind::kUsage,
              "two units are named \"prefill\""},
        Wrong{"an_odd_name", "/units/1/name", "a b", ErrorKind::kUsage, "It matches ^[A-Za-z]"},
        Wrong{"fed_with_other_shapes", std::string(kFed) + "/past/output", 0, ErrorKind::kPlugin,
              "(/units/1/calibration/inputs)"},
        Wrong{"an_axis_that_is_not_there",
              "/quantization/rules",
              {{{"match", "scores"}, {"granularity", "channel"}, {"axis", 5}}},
              ErrorKind::kPlugin,
              "site scores: channel axis 5 of a tensor of shape [1, 3, 3]"},
        Wrong{"an_axis_that_a_weight_has_not",
              "/quantization/rules",
              {{{"match", "key_proj/weight"}, {"granularity", "channel"}, {"axis", 2}}},
              ErrorKind::kPlugin,
              "site key_proj/weight: channel axis 2 of a tensor of shape [2, 2]"},
        Wrong{"fed_by_nobody", std::string(kFed) + "/past/unit", "prefil", ErrorKind::kUsage,
              "no unit \"prefil\" stands before this"},
        Wrong{"fed_by_itself", std::string(kFed) + "/past/unit", "decode", ErrorKind::kUsage,
              "there are: prefill"},
        Wrong{"no_such_output", std::string(kFed) + "/past/output", 2, ErrorKind::kUsage,
              "unit prefill has no output 2"},
        Wrong{"no_such_input",
              std::string(kFed) + "/passed",
              {{"unit", "prefill"}},
              ErrorKind::kUsage,
              "Cached has no input \"passed\""},
        Wrong{"comes_from_nowhere", "/units/1/calibration/inputs", kAllFed, ErrorKind::kUsage,
              "the input \"x\" of unit decode comes from nowhere"},
        Wrong{"a_path_that_nobody_reads",
              "/units/1/calibration/inputs/from_units/x",
              {{"unit", "prefill"}},
              ErrorKind::kUsage,
              "all inputs of unit decode come from units"},
        Wrong{"more_samples_than_feed_it", "/units/0/calibration/samples", 1, ErrorKind::kUsage,
              "2 samples are taken, but unit prefill, which feeds them, has 1"},
        Wrong{"stacked", "/units/1/calibration/batch_size", 2, ErrorKind::kUsage,
              "inputs that come from units are not stacked"},
        Wrong{"no_such_entry", "/units/1/entry", "decde", ErrorKind::kUsage, "(/units/1/entry)"},
        Wrong{"no_such_module", "/units/0/module", "key_porj", ErrorKind::kUsage, "(/units/0/module)"},
        Wrong{"no_such_entry_of_a_part", "/units/0/module", "key_proj", ErrorKind::kUsage,
              "Linear has no entry prefill"},
        Wrong{"an_export_of_none", "/export/1/unit", nullptr, ErrorKind::kUsage, "the entry names no unit"},
        Wrong{"an_export_of_nobody", "/export/1/unit", "decoder", ErrorKind::kUsage,
              "no unit \"decoder\" is in the recipe"},
        Wrong{"an_export_of_an_entry", "/export/1/entry", "decode", ErrorKind::kUsage,
              "in a recipe with \"units\" a unit is exported"},
        Wrong{"both_unit_and_units",
              "/export/1/units",
              {"decode"},
              ErrorKind::kUsage,
              "\"unit\" does not go with \"units\""},
        Wrong{"no_units_and_no_calibration", "/units", nullptr, ErrorKind::kUsage,
              "missing key \"calibration\""}),
    [](const auto& row) { return std::string(row.param.what); });

TEST_F(Units, ASiteThatNoEntryReachesIsNamed) {
  recipe_["model"]["config"] = {{"idle", true}};
  recipe_["units"].push_back({{"name", "forward"}, {"calibration", {{"inputs", samples("prefill")}}}});
  expect_refusal(ErrorKind::kData, "site idle was never observed");
}

TEST_F(Units, ASiteOfAnEntryThatIsNotRunIsLeftOut) {
  recipe_["units"].erase(1);
  recipe_["units"][0]["entry"] = "forward";
  recipe_["export"] = json::array();
  const json planned = plan(options());
  for (const json& row : planned.at("sites")) {
    const std::string name = row.at("site");
    EXPECT_EQ(row.at("reached"), name == "act_in" || name == "key_proj/weight") << name;
  }
  const json report = run(options()).report;
  for (const json& row : report.at("coverage").at("sites")) {
    const std::string name = row.at("site");
    EXPECT_EQ(row.at("status"), name == "act_in" || name == "key_proj/weight" ? "quantized" : "unused")
        << name;
  }
  EXPECT_EQ(read_json(folder_ / "run/qparams.json").size(), 2U) << "no stand-in of a site gets out";
}

TEST_F(Units, AUnitWithoutUnitsIsRefusedInAnExport) {
  recipe_["calibration"] = recipe_["units"][0]["calibration"];
  recipe_.erase("units");
  recipe_["export"] = json::array({{{"backend", "circle"}, {"unit", "prefill"}, {"file", "a.circle"}}});
  expect_refusal(ErrorKind::kUsage, "the recipe has no \"units\"");
  recipe_["export"] = json::array({{{"backend", "circle"}, {"entry", "prefill"}, {"file", "a.circle"}},
                                   {{"backend", "circle"}, {"entry", "decode"}, {"file", "b.circle"}}});
  expect_refusal(ErrorKind::kUsage, "two entries in one run: prefill and decode");
}

}  // namespace
}  // namespace vernier::core::testing
