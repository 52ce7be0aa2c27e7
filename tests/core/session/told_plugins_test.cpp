// What plugins are told since ABI 1.2: an observer its site and block, a backend the model's config and
// blocks.
#include <gmock/gmock.h>

#include <nlohmann/json.hpp>

#include "core/session/wrapper_words.h"

namespace vernier::core::testing {
namespace {

using nlohmann::json;
using ::testing::Contains;
using ::testing::HasSubstr;

class ToldPlugins : public WrapperWords {
 protected:
  ToldPlugins() {
    plugin_ = "offers";
    type("Blocks", {3, 8});
    tensors_["weight"] = test::ramp({4, 8});
    model_config_ = R"({"vocab_size": 77, "name": "small"})";
    recipe_["quantization"] = {{"activation", {{"observer", "told"}, {"dtype", "uint8"}}},
                               {"weight", {{"observer", "told"}, {"dtype", "int8"}}}};
    recipe_["export"] = {{{"backend", "attributes"}, {"file", "m.txt"}}};
  }
  static std::vector<std::string> lines(const json& report) {
    std::vector<std::string> found;
    for (const json& line : report.at("log")) {
      const std::string text = line.at("text");
      if (text.rfind("TOLD", 0) == 0) found.push_back(text);
    }
    return found;
  }
};

TEST_F(ToldPlugins, AnObserverKnowsItsSiteAndBlock) {
  const std::vector<std::string> told = lines(report());
  EXPECT_THAT(told, Contains("TOLD act_in 0 0 count 1"));
  EXPECT_THAT(told, Contains("TOLD weight 1 4 count 8")) << "32 elements in blocks of 4";
  recipe_["quantization"]["rules"] = {{{"match", "weight"}, {"granularity", "channel"}, {"axis", 1}}};
  EXPECT_THAT(lines(report()), Contains("TOLD weight 0 1 count 8"));
}

TEST_F(ToldPlugins, ABackendReadsTheModelsConfigAndEachValuesBlock) {
  recipe_["model"]["config"] = {{"block", 4}};
  (void)report();
  const std::string text = test::read_file(folder_ / "out/m.txt");
  EXPECT_THAT(text, HasSubstr("module=\ntype=Blocks\nentry=forward\nconfig={\"block\":4}\n"));
  EXPECT_THAT(text,
              HasSubstr("model_config={\"name\":\"small\",\"vocab_size\":77}\nnothing=\nvocabulary 77\n"));
  EXPECT_THAT(text, HasSubstr("\nweight 1 4\n"));
  EXPECT_THAT(text, HasSubstr(" 0 0\n")) << "an activation";
}

TEST_F(ToldPlugins, BlocksThatDoNotFitAreRefusedByThePlan) {
  recipe_["quantization"]["rules"] = {{{"match", "weight"}, {"granularity", "block"}, {"block_size", 3}}};
  refuses(ErrorKind::kPlugin, "site weight: blocks of 3 along the last axis of a tensor of shape [4, 8]");
}

TEST_F(ToldPlugins, ActivationsHaveNoBlocks) {
  recipe_["quantization"]["rules"] = {{{"match", "act_in"}, {"granularity", "block"}, {"block_size", 4}}};
  refuses(ErrorKind::kUsage, "act_in is an activation and would have a scale for each block");
}

TEST_F(ToldPlugins, AWeightWithBlocksHasTheScalesOfItsRuns) {
  const json planned = plan(options());
  EXPECT_EQ(row(planned.at("sites"), "site", "weight").at("granularity"), "block");
  EXPECT_EQ(row(planned.at("sites"), "site", "weight").at("block_size"), 4);
  const json found = report();
  EXPECT_EQ(found.at("verify").size(), 0u);
  const json weight = qparams("weight");
  EXPECT_EQ(weight.at("block_size"), 4);
  ASSERT_EQ(weight.at("scale").size(), 8u);
  for (size_t i = 0; i < 8; ++i)
    EXPECT_FLOAT_EQ(weight.at("scale").at(i).get<float>(), static_cast<float>(4 * i + 4) / 8 / 127) << i;
  EXPECT_GT(found.at("metrics").at("sqnr_db").get<double>(), 35);
}

}  // namespace
}  // namespace vernier::core::testing
