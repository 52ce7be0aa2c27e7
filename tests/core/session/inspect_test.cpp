// What a look into a model's folder and into model files tells.
#include "vernier/core/inspect.h"

#include <gmock/gmock.h>

#include "core/session/run_recipe.h"
#include "support/tensors.h"

namespace vernier::core::testing {
namespace {

using nlohmann::json;
using ::testing::HasSubstr;

TEST(InspectModel, TellsWhichPluginServesEachType) {
  const Inspection found = inspect(source_file("tests/data/golden/bert_tiny"));
  EXPECT_FALSE(found.not_served.has_value());
  const json& look = *found.json;
  EXPECT_EQ(look["architecture"], "BertModel");
  std::map<std::string, json> types;
  for (const json& row : look["types"]) types[row["type"]] = row;
  EXPECT_EQ(types["BertLayer"]["count"], 2);
  EXPECT_EQ(types["BertLayer"]["plugin"], "org.vernier.bert");
  EXPECT_EQ(types["Linear"]["count"], 13) << "six a layer, and the pooler's";
  uint64_t elements = 0;
  for (const json& row : look["tensors"]) {
    uint64_t product = 1;
    for (const json& extent : row["shape"]) product *= extent.get<uint64_t>();
    elements += product;
  }
  EXPECT_EQ(look["parameters"], elements) << "every tensor of this checkpoint is read, once";
  EXPECT_EQ(look["unused_tensors"], json::array());
  EXPECT_EQ(look["bytes_by_dtype"], (json{{"float32", 4 * elements}}));
  EXPECT_THAT(found.table, HasSubstr("BertModel: 0.0 million parameters, each type served by"));
}

TEST(InspectModel, OfAnUnknownArchitectureSaysSoAndStillTellsItsTensors) {
  const test::TempFolder folder;
  test::write_tensors(folder / "model.safetensors", {{"weight", test::ramp({3, 4})}});
  test::write_file(folder / "config.json", R"({"architectures": ["T5ForConditionalGeneration"]})");
  const Inspection found = inspect(folder.path());
  ASSERT_TRUE(found.not_served.has_value());
  EXPECT_EQ(found.not_served->kind(), ErrorKind::kPlugin);
  EXPECT_EQ(found.json->at("tensors").size(), 1u);
  EXPECT_EQ(found.json->at("types"), json::array());
  EXPECT_THAT(found.table, HasSubstr("T5ForConditionalGeneration: not served as a whole: "));
  EXPECT_THAT(found.json->at("not_served").at("where").get<std::string>() +
                  found.json->at("not_served").at("what").get<std::string>(),
              HasSubstr("T5ForConditionalGeneration"));
  // Nothing to serve, so nothing that is not.
  test::write_file(folder / "config.json", "{}");
  EXPECT_FALSE(inspect(folder.path()).not_served.has_value());
  // Tensors that are not all there are told by name.
  test::write_file(folder / "config.json",
                   R"({"architectures": ["Linear"], "in_features": 4, "out_features": 3})");
  const Inspection partial = inspect(folder.path());
  ASSERT_TRUE(partial.not_served.has_value());
  EXPECT_EQ(partial.not_served->kind(), ErrorKind::kData);
  EXPECT_THAT(partial.table, HasSubstr("bias"));
}

TEST(InspectFiles, CountOperatorsByType) {
  const Inspection circle = inspect(source_file("tests/data/circle/bert.circle"));
  EXPECT_EQ(circle.kind, "circle");
  uint64_t operators = 0, counted = 0;
  for (const json& graph : circle.json->at("subgraphs")) operators += graph["operators"].size();
  for (const auto& [name, count] : circle.json->at("operators_by_type").items())
    counted += count.get<uint64_t>();
  EXPECT_EQ(counted, operators);
  EXPECT_GT(operators, 0u);
}

TEST(InspectFiles, OfOnnxTellsEndsTypesAndConstants) {
  const test::TempFolder folder;
  run_recipe(source_file("configs/gemma4_embedder.json"), folder / "run",
             {R"(export=[{"backend": "onnx", "file": "e.onnx"}])"});
  const Inspection found = inspect(folder / "run/e.onnx");
  EXPECT_EQ(found.kind, "onnx");
  ASSERT_EQ(found.json->at("inputs").size(), 1u) << "constants are no inputs";
  ASSERT_EQ(found.json->at("outputs").size(), 1u);
  EXPECT_EQ(found.json->at("bytes"), std::filesystem::file_size(folder / "run/e.onnx"));
  EXPECT_EQ(found.json->at("opsets").at("ai.onnx"), 21);
  EXPECT_GT(found.json->at("constant_bytes").at("UINT8").get<uint64_t>(), 0u);
  EXPECT_THAT(found.table, HasSubstr("3 QuantizeLinear UINT8\n"));
}

}  // namespace
}  // namespace vernier::core::testing
