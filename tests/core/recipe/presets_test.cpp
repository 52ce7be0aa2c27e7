// What `vernier presets` lists of the files that it finds.
#include "vernier/core/presets.h"

#include <gmock/gmock.h>
#include <nlohmann/json.hpp>

#include "support/temp_folder.h"

namespace vernier::core::testing {
namespace {

using nlohmann::json;

json row_of(const test::TempFolder& folder, const std::string& name) {
  for (const json& row : Presets::find({folder.path()}).to_json())
    if (row.at("preset") == name) return row;
  return nullptr;
}

TEST(Presets, SayWhatTheyMadeOfModels) {
  const test::TempFolder folder;
  test::write_file(folder / "mine.preset.json",
                   R"({"preset": {"target": "tflite", "precision": "w8", "summary": "s\u001b[31m",
                       "measured": {"model\n1": "cosine 0.9", "odd": 3, "none": null}}, "version": 1})");
  const json row = row_of(folder, "mine");
  EXPECT_EQ(row.at("target"), "tflite");
  EXPECT_EQ(row.at("measured").size(), 1u) << "texts alone: " << row.at("measured");
  const std::string model = row.at("measured").begin().key();
  EXPECT_EQ(model.find('\n'), std::string::npos) << "nothing of it forges a line";
  EXPECT_EQ(row.at("measured").at(model), "cosine 0.9");
  EXPECT_EQ(row.at("summary").get<std::string>().find('\x1b'), std::string::npos);
}

TEST(Presets, WithoutMeasurementsAreListedAllTheSame) {
  const test::TempFolder folder;
  test::write_file(folder / "plain.preset.json", R"({"preset": {"target": "onnx"}})");
  test::write_file(folder / "list.preset.json", R"({"preset": {"measured": ["cosine 1"]}})");
  test::write_file(folder / "broken.preset.json", "{");
  EXPECT_EQ(row_of(folder, "plain").at("measured"), json::object());
  EXPECT_EQ(row_of(folder, "list").at("measured"), json::object());
  EXPECT_TRUE(row_of(folder, "broken").contains("error"));
}

// Each that is shipped was measured on both models, and by the command that says so.
TEST(Presets, ThatAreShippedWereMeasured) {
  size_t shipped = 0;
  for (const json& row : Presets::find({}).to_json()) {
    ++shipped;
    for (const char* model : {"all-MiniLM-L6-v2", "gemma4_shapes"})
      EXPECT_TRUE(row.at("measured").contains(model)) << row.at("preset") << ": run `make presets`";
  }
  EXPECT_GE(shipped, 10u);
}

}  // namespace
}  // namespace vernier::core::testing
