// The keys of a recipe with a program, and what does not go with them.
#include <gtest/gtest.h>

#include <nlohmann/json.hpp>

#include "support/expect_error.h"
#include "vernier/core/recipe.h"

namespace vernier::core::testing {
namespace {

using nlohmann::json;

json recipe() {
  const json inputs = {{"kind", "jsonl"}, {"path", "r.jsonl"}};
  return {{"version", 1},
          {"model", {{"checkpoint", "c"}, {"program", "gemma4"}, {"profile", {{"sequence", 8}}}}},
          {"quantization",
           {{"activation", {{"observer", "minmax"}, {"dtype", "uint8"}}},
            {"weight", {{"observer", "minmax"}, {"dtype", "uint8"}}}}},
          {"calibration", {{"inputs", inputs}}},
          {"export", {{{"backend", "circle"}, {"file", "{unit}.circle"}, {"units", {"lm_*", "head"}}}}}};
}

Recipe parse(const json& value) { return parse_recipe(value.dump(1), "/f/r.json"); }

TEST(ProgramRecipe, HasAProgramAndItsProfile) {
  const Recipe named = parse(recipe());
  EXPECT_EQ(named.model.program, std::optional<std::string>("gemma4"));
  EXPECT_EQ(*named.model.profile, json({{"sequence", 8}}));
  ASSERT_EQ(named.exports.size(), 1U);
  EXPECT_EQ(named.exports[0].globs, (std::vector<std::string>{"lm_*", "head"}));
  EXPECT_EQ(named.exports[0].pointer, "/export/0");
  EXPECT_TRUE(named.exports[0].units.empty());
  json by_architecture = recipe();
  by_architecture["model"]["program"] = true;
  EXPECT_EQ(parse(by_architecture).model.program, std::optional<std::string>(""));
  by_architecture["model"] = {{"checkpoint", "c"}, {"program", false}};
  by_architecture["export"] = json::array();
  EXPECT_EQ(parse(by_architecture).model.program, std::nullopt);
}

TEST(ProgramRecipe, SaysHowManyRunsTheFolderKeeps) {
  json value = recipe();
  value["export"][0]["verify"] = json::object();
  EXPECT_EQ(parse(value).exports[0].verify->golden, 1);
  value["export"][0]["verify"]["golden"] = 0;
  EXPECT_EQ(parse(value).exports[0].verify->golden, 0);
}

// The effective recipe says the same again.
TEST(ProgramRecipe, ItsEffectiveFormIsARecipe) {
  const Recipe first = parse(recipe());
  EXPECT_EQ(*parse(*first.effective).effective, *first.effective);
}

TEST(ProgramRecipe, TakesQparamsInThePlaceOfCalibrationSamples) {
  json value = recipe();
  value["quantization"]["from"] = "q.json";
  EXPECT_EQ(parse(value).quantization.from, "/f/q.json");
  value["evaluation"] = std::exchange(value["calibration"], nullptr);
  value.erase("calibration");
  EXPECT_EQ(parse(value).units.at(0).evaluation.inputs->at("path"), "/f/r.jsonl");
  value.erase("evaluation");
  test::expect_error(ErrorKind::kUsage, "the program is evaluated on them", [&] { (void)parse(value); });
}

TEST(ProgramRecipe, RefusesWhatDoesNotGoWithIt) {
  struct Row {
    json patch;  // RFC 7386
    const char* wanted;
  };
  const json inputs = {{"kind", "jsonl"}, {"path", "r.jsonl"}};
  const Row rows[] = {
      {{{"units", {{{"name", "a"}, {"entry", "forward"}, {"calibration", {{"inputs", inputs}}}}}},
        {"calibration", nullptr}},
       "\"units\" does not go with model.program"},
      {{{"model", {{"module", "model.x"}}}}, "\"module\" does not go with model.program"},
      {{{"model", {{"type", "X"}}}}, "\"type\" does not go with model.program"},
      {{{"calibration", {{"batch_size", 2}}}}, "\"batch_size\" does not go with model.program"},
      {{{"calibration", {{"inputs", {{"kind", "npy"}}}}}},
       "inputs of kind \"npy\" do not go with model.program"},
      {{{"evaluation",
         {{"inputs", {{"kind", "prompts"}, {"path", "r.jsonl"}, {"processor", "p"}, {"lacking", "skip"}}}}}},
       "\"lacking\" does not go with model.program"},
      {{{"model", {{"program", nullptr}}}}, "\"profile\" goes with \"program\""},
      {{{"export", {{{"backend", "circle"}, {"file", "a.circle"}}}}}, "the name lacks {unit}"},
      {{{"export", {{{"backend", "circle"}, {"file", "{unit}.circle"}, {"unit", "a"}}}}},
       "\"unit\" does not go with model.program"},
      {{{"export", {{{"backend", "circle"}, {"file", "{unit}.circle"}, {"entry", "a"}}}}},
       "\"entry\" does not go with model.program"},
      {{{"export",
         {{{"backend", "circle"}, {"file", "{unit}.circle"}, {"open", {{"s", {{"input_ids", {1}}}}}}}}}},
       "\"open\" does not go with model.program"},
      {{{"model", {{"program", nullptr}, {"profile", nullptr}}},
        {"export", {{{"backend", "circle"}, {"file", "{unit}.circle"}}}}},
       "{unit} goes with model.program"},
      {{{"model", {{"program", nullptr}, {"profile", nullptr}}},
        {"export", {{{"backend", "circle"}, {"file", "a.circle"}, {"verify", {{"golden", 2}}}}}}},
       "a golden run is one of a program"},
  };
  for (const Row& row : rows) {
    json changed = recipe();
    changed.merge_patch(row.patch);
    test::expect_error(ErrorKind::kUsage, row.wanted, [&] { (void)parse(changed); });
  }
}

}  // namespace
}  // namespace vernier::core::testing
