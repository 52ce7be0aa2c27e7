// A wrapper that names its outputs in the manifest: files, report, qparams and recipes use the names.
#include <gmock/gmock.h>

#include <nlohmann/json.hpp>

#include "circle/reader.h"
#include "core/session/wrapper_words.h"
#include "file/mapped_file.h"
#include "vernier/core/plugins.h"

namespace vernier::core::testing {
namespace {

using nlohmann::json;
using ::testing::ElementsAre;
using ::testing::HasSubstr;

class NamedOutputs : public WrapperWords {
 protected:
  NamedOutputs() {
    plugin_ = "offers";
    type("Named", {3, 4});
    recipe_["export"][0]["entry"] = "both";
    calibration_ = recipe_.at("calibration");
  }
  // Two units: the second takes an output of the first.
  void units(const json& output) {
    const json data = calibration_;
    for (const char* key : {"calibration", "evaluation", "export"}) recipe_.erase(key);
    recipe_["units"] = {
        {{"name", "a"}, {"entry", "both"}, {"calibration", data}},
        {{"name", "b"},
         {"entry", "again"},
         {"calibration",
          {{"inputs", {{"kind", "units"}, {"from_units", {{"x", {{"unit", "a"}, {"output", output}}}}}}}}}}};
  }

  json calibration_;
};

TEST_F(NamedOutputs, AreTheNamesOfTheFilesOutputs) {
  const json found = report();
  const auto bytes = MappedFile::open(folder_ / "out/m.circle");
  const CircleFile file = read_circle(bytes->bytes(), "m");
  const auto& graph = file.subgraphs.at(0);
  std::vector<std::string> names;
  for (const auto index : graph.outputs) names.push_back(graph.tensors.at(static_cast<size_t>(index)).name);
  EXPECT_THAT(names, ElementsAre("doubled", "halved"));
  EXPECT_EQ(found.at("units").at(0).at("outputs"), (json{"doubled", "halved"}));
  EXPECT_EQ(found.at("verify").at(0).at("outputs").at(1).at("name"), "halved");
  EXPECT_EQ(found.at("verify").at(0).at("outputs").at(1).at("quantized_to_file").at("codes_differ"), 0);
  EXPECT_EQ(qparams("twice").at("output"), "doubled");
  EXPECT_EQ(qparams("act_in").count("output"), 0u);
  EXPECT_FLOAT_EQ(output("float_out.halved").at(11), 0.75f);
  EXPECT_FLOAT_EQ(output("quant_out.doubled.1").at(11), 3.0f);
}

TEST_F(NamedOutputs, AreWhatTheNextUnitAsksFor) {
  units("halved");
  const json found = report();
  EXPECT_FLOAT_EQ(output("b.float_out.0").at(11), 0.75f) << "half of 1.5";
  EXPECT_EQ(found.at("units").at(1).count("outputs"), 0u) << "the entry `again` names none";
  units("doubled");
  (void)report();
  EXPECT_FLOAT_EQ(output("b.float_out.0").at(11), 3.0f);
  units(1);
  (void)report();
  EXPECT_FLOAT_EQ(output("b.float_out.0").at(11), 0.75f) << "numbers go on";
}

TEST_F(NamedOutputs, ThatAreNotThereAreNamedWithTheNearest) {
  units("halve");
  refuses(ErrorKind::kUsage, "unit a has no output \"halve\"");
  refuses(ErrorKind::kUsage, "did you mean \"halved\"?");
  recipe_["units"][0]["entry"] = "again";
  refuses(ErrorKind::kUsage, "its wrapper names no outputs: give a number, counted from 0");
}

struct OutputFault {
  const char* name;
  const char* fault;
  const char* text;
};

class WrongOutputs : public NamedOutputs, public ::testing::WithParamInterface<OutputFault> {};

TEST_P(WrongOutputs, AreRefusedInWords) {
  recipe_["model"]["config"]["fault"] = GetParam().fault;
  recipe_["quantization"]["rules"] = json::array();
  refuses(ErrorKind::kPlugin, GetParam().text);
}

INSTANTIATE_TEST_SUITE_P(
    Table, WrongOutputs,
    ::testing::Values(
        OutputFault{"TooFew", "one output",
                    "entry both gave 1 outputs, its manifest names 2: doubled, halved"},
        OutputFault{"TheSameTwice", "twice the same",
                    "output halved of Named:both is the output doubled, and cannot have a name of its own"},
        OutputFault{"AnInput", "an input",
                    "output halved of Named:both is the input x, and cannot have a name of its own"}),
    [](const auto& one) { return one.param.name; });

TEST_F(NamedOutputs, StandInTheListOfPlugins) {
  bool is_there = false;
  const json listed = list_plugins({fixture("offers")});
  for (const json& plugin : listed.at("plugins")) {
    for (const json& component : plugin.value("components", json::array())) {
      if (component.value("name", "") != "Named") continue;
      is_there = true;
      EXPECT_EQ(component.at("entries").at(0).at("outputs"), (json{"doubled", "halved"}));
      EXPECT_EQ(component.at("entries").at(1).at("outputs"), json::array());
    }
  }
  EXPECT_TRUE(is_there);
}

}  // namespace
}  // namespace vernier::core::testing
