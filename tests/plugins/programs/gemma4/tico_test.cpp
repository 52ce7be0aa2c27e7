// Compat level tico: units are the files that TICO 0.3.0 writes of gemma4_shapes (tests/data/gemma4_programs/
// tico_set.json: its names and shapes), but for what is listed here and in the program's README.
#include <gtest/gtest.h>

#include <algorithm>
#include <fstream>
#include <set>

#include "plugins/programs/gemma4/programs.h"

namespace vernier::core {
namespace {

using nlohmann::json;
using testing::Shapes;

json tico_set() {
  std::ifstream in(std::filesystem::path(VERNIER_SOURCE_DIR) / "tests/data/gemma4_programs/tico_set.json");
  EXPECT_TRUE(in.good());
  return json::parse(in);
}

// The picture of TICO's files is 12 x 9 patches, behind <bos> and the begin of the image.
json tico_config() {
  json config = testing::config_of("gemma4_shapes");
  config["layout"] = "npu";
  config["grid"] = {{"rows", 9}, {"columns", 12}};
  config["image_start"] = 2;
  return config;
}
json tico_profile(const char* vision) {
  return {{"sequence", 48}, {"image_slots", 108}, {"vision", vision}, {"compat", "tico"}};
}

bool is_below(const std::string& name, const std::string& beginning) { return name.rfind(beginning, 0) == 0; }

// Where a unit first runs.
const ProgramStep* first_step(const Program& program, const std::string& unit) {
  for (const ProgramPhase& phase : program.phases) {
    for (const ProgramStep& step : phase.steps) {
      if (step.unit && program.units[*step.unit].name == unit) return &step;
    }
  }
  return nullptr;
}

struct Files {
  Shapes inputs;
  std::vector<Shape> outputs;
};

Files ours(const Program& program, const std::string& unit, bool is_open) {
  Files files;
  const ProgramStep* step = first_step(program, unit);
  EXPECT_NE(step, nullptr) << unit;
  if (step == nullptr) return files;
  const std::vector<std::string> written = program.find_unit(unit)->written_inputs();
  for (const auto& [name, shape] : testing::shapes_of(program, step->inputs))
    files.inputs.emplace_back(written.at(files.inputs.size()), shape);
  for (const auto& [name, shape] : testing::shapes_of(program, step->outputs)) files.outputs.push_back(shape);
  if (!is_open) return files;
  // Its extent is the caller's; TICO's file says 1.
  EXPECT_EQ(program.find_unit(unit)->open_name, "sequence") << unit;
  for (auto& [name, shape] : files.inputs) shape[1] = 1;
  for (Shape& shape : files.outputs) shape[1] = 1;
  return files;
}

Files theirs(const json& row) {
  Files files;
  for (const json& input : row.at("inputs"))
    files.inputs.emplace_back("tico::" + input.at("name").get<std::string>(), input.at("shape").get<Shape>());
  for (const json& output : row.at("outputs")) files.outputs.push_back(output.at("shape").get<Shape>());
  return files;
}

TEST(Gemma4Tico, UnitsAreTicosFiles) {
  testing::Gemma4Programs programs;
  const MadeProgram whole = programs.make(tico_config(), tico_profile("whole")),
                    split = programs.make(tico_config(), tico_profile("split"));
  std::set<std::string> compared;
  for (const json& row : tico_set()) {
    const auto name = row.at("file").get<std::string>();
    SCOPED_TRACE(name);
    compared.insert(name);
    const Program& program = whole.program.find_unit(name) != nullptr ? whole.program : split.program;
    Files mine = ours(program, name, row.at("inputs").at(0).at("open").get<bool>()), other = theirs(row);
    if (is_below(name, "vision_encoder_layer_")) {  // the entry takes the mask last
      std::sort(mine.inputs.begin(), mine.inputs.end());
      std::sort(other.inputs.begin(), other.inputs.end());
    }
    EXPECT_EQ(mine.inputs, other.inputs);
    EXPECT_EQ(mine.outputs, other.outputs);
  }
  EXPECT_EQ(compared.size(), 32u);
  for (const MadeProgram* made : {&whole, &split}) {
    for (const ProgramUnit& unit : made->program.units)
      EXPECT_EQ(compared.count(unit.name), 1u) << unit.name << " is no file of TICO's";
  }
}

TEST(Gemma4Tico, HostStepsAreTicosToo) {
  testing::Gemma4Programs programs;
  const MadeProgram made = programs.make(tico_config(), tico_profile("split"));
  const auto number = [](const ProgramStep* step, const char* name) {
    return std::get<double>(step->arguments.at(name));
  };
  for (const ProgramStep* step : testing::steps_of(made.program, "prefill", "causal_mask"))
    EXPECT_EQ(number(step, "depth"), 120.0);
  for (const ProgramStep* step : testing::steps_of(made.program, "decode", "cache_mask"))
    EXPECT_EQ(number(step, "depth"), 120.0);
  for (const ProgramStep* step : testing::steps_of(made.program, "picture", "patch_mask")) {
    EXPECT_EQ(number(step, "depth"), 120.0);
    EXPECT_TRUE(std::get<bool>(step->arguments.at("pairs")));
  }
  for (const ProgramStep* step : testing::steps_of(made.program, "decode", "rotary_table"))
    EXPECT_TRUE(std::get<bool>(step->arguments.at("negated")));
  // No picture elsewhere than the files have it.
  EXPECT_TRUE(testing::steps_of(made.program, "prefill", "fusion_source").empty());
  const auto places = testing::steps_of(made.program, "prefill", "require_image_tokens");
  ASSERT_EQ(places.size(), 2u);  // videos: none; pictures
  EXPECT_EQ(std::get<Count>(places[0]->arguments.at("image_token")).term, 319);
  EXPECT_EQ(std::get<Count>(places[0]->arguments.at("count")).term, 0);
  EXPECT_EQ(std::get<Count>(places[1]->arguments.at("image_token")).term, 316);
  EXPECT_EQ(std::get<Count>(places[1]->arguments.at("first")).term, 2);
  EXPECT_EQ(std::get<Count>(places[1]->arguments.at("count")).term, 12);
  EXPECT_EQ(made.program.find_buffer("pixel_values")->lengths.at(0).minimum, 1);
}

TEST(Gemma4Tico, ATextAloneHasNoPicture) {
  testing::Gemma4Programs programs;
  json given = tico_config();
  const MadeProgram made = programs.make(given, {{"sequence", 48}, {"pictures", 0}, {"compat", "tico"}});
  EXPECT_EQ(made.program.find_unit("multimodal_fusion_prefill"), nullptr);
  EXPECT_EQ(made.program.phases.size(), 2u);
}

}  // namespace
}  // namespace vernier::core
