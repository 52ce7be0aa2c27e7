// The module tree that real wrappers grow on a real checkpoint, and what is wrong where it does not grow.
#include "module/tree_builder.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <nlohmann/json.hpp>

#include "session/prepare.h"
#include "support/expect_error.h"
#include "support/temp_folder.h"

namespace vernier::core {
namespace {

using nlohmann::json;
using testing::ElementsAre;
using testing::IsEmpty;

struct Stored {
  std::string name;
  const char* dtype;
  std::vector<int64_t> shape;
};

// Zeros in one safetensors file.
std::string safetensors(const std::vector<Stored>& tensors) {
  json header = json::object();
  size_t end = 0;
  for (const Stored& one : tensors) {
    size_t bytes = one.dtype == std::string("F16") ? 2 : 4;
    for (const int64_t extent : one.shape) bytes *= static_cast<size_t>(extent);
    header[one.name] = {{"dtype", one.dtype}, {"shape", one.shape}, {"data_offsets", {end, end + bytes}}};
    end += bytes;
  }
  std::string text = header.dump();
  text.resize((text.size() + 7) / 8 * 8, ' ');
  std::string length(8, '\0');
  for (int i = 0; i < 8; ++i) length[i] = static_cast<char>(text.size() >> (8 * i));
  return length + text + std::string(end, '\0');
}

class TreeBuilderTest : public testing::Test {
 protected:
  Prepared grow(const std::string& type, const std::string& module, const json& config,
                const std::vector<Stored>& tensors) {
    test::write_file(folder_ / "checkpoint/model.safetensors", safetensors(tensors));
    test::write_file(
        folder_ / "recipe.json",
        json{
            {"version", 1},
            {"model", {{"checkpoint", "checkpoint"}, {"module", module}, {"type", type}, {"config", config}}},
            {"calibration",
             {{"inputs", {{"kind", "safetensors"}, {"path", "checkpoint/model.safetensors"}}}}}}
            .dump());
    options_.recipe = folder_ / "recipe.json";
    return prepare(options_);
  }
  const test::TempFolder folder_;
  SessionOptions options_;
};

TEST_F(TreeBuilderTest, PathsParentsAndSitesFollowTheDeclarations) {
  const Prepared p = grow("LlamaMLP", "model.mlp", {{"hidden_size", 4}, {"intermediate_size", 8}},
                          {{"model.mlp.gate_proj.weight", "F32", {8, 4}},
                           {"model.mlp.up_proj.weight", "F16", {8, 4}},
                           {"model.mlp.down_proj.weight", "F32", {4, 8}}});
  const ModuleTree& tree = *p.tree;
  ASSERT_EQ(tree.modules.size(), 5u);
  EXPECT_EQ(tree.root().path, "model.mlp");
  EXPECT_EQ(tree.root().parent, -1);
  EXPECT_THAT(tree.root().children, ElementsAre(1, 2, 3, 4));
  std::vector<std::string> paths, relative;
  for (const Module& module : tree.modules) paths.push_back(module.path);
  EXPECT_THAT(paths, ElementsAre("model.mlp", "model.mlp.gate_proj", "model.mlp.up_proj",
                                 "model.mlp.down_proj", "model.mlp.act_fn"));
  for (size_t i = 1; i < tree.modules.size(); ++i) EXPECT_EQ(tree.modules[i].parent, 0);
  for (const int site : tree.modules[1].sites) relative.push_back(tree.sites[site].relative);
  EXPECT_THAT(relative,
              testing::UnorderedElementsAre("gate_proj/weight", "gate_proj/act_in", "gate_proj/act_out"));
  EXPECT_EQ(tree.sites[tree.root().sites[0]].path, "model.mlp/act_in");
}

TEST_F(TreeBuilderTest, AWeightKeepsItsCheckpointsDtypeAndItsAxisIsCountedFromTheFront) {
  const Prepared p = grow("Linear", "", {{"bias", false}}, {{"weight", "F16", {8, 4}}});
  ASSERT_EQ(p.tree->parameters.size(), 1u);
  const Parameter& weight = p.tree->parameters[0];
  EXPECT_EQ(weight.source.dtype, kFloat16);
  EXPECT_EQ(weight.source.shape, (Shape{8, 4}));
  EXPECT_FALSE(weight.is_filled);
  ASSERT_GE(weight.site, 0);
  EXPECT_EQ(p.tree->sites[weight.site].declared.axis, 0);
  EXPECT_TRUE(p.tree->sites[weight.site].is_weight);
}

TEST_F(TreeBuilderTest, AFilledParameterIsInNoCheckpoint) {
  const Prepared p = grow("Gemma4RMSNorm", "", {{"dim", 3}, {"with_scale", false}}, {{"other", "F32", {1}}});
  const Parameter& weight = p.tree->parameters.at(0);
  EXPECT_TRUE(weight.is_filled);
  ASSERT_EQ(weight.source.shape, (Shape{3}));
  EXPECT_THAT(std::vector<float>(weight.source.as<float>(), weight.source.as<float>() + 3),
              ElementsAre(1, 1, 1));
}

TEST_F(TreeBuilderTest, AScalarOfTheCheckpointIsNamedAsUsed) {
  const Prepared p = grow("Gemma4ClippableLinear", "m", {{"use_clipped_linears", true}},
                          {{"m.linear.weight", "F32", {8, 4}},
                           {"m.input_min", "F32", {}},
                           {"m.input_max", "F32", {}},
                           {"m.output_min", "F32", {1}},
                           {"m.output_max", "F32", {}}});
  EXPECT_THAT(p.tree->scalars, ElementsAre("m.input_min", "m.input_max", "m.output_min", "m.output_max"));
  EXPECT_THAT(p.config.unused_tensors, IsEmpty());
}

struct Wrong {
  const char* name;
  const char* type;
  json config;
  std::vector<Stored> tensors;
  ErrorKind kind;
  const char* text;
};

class TreeBuilderRefuses : public TreeBuilderTest, public testing::WithParamInterface<Wrong> {};

TEST_P(TreeBuilderRefuses, WithTheTensorAndBothSides) {
  const Wrong& row = GetParam();
  test::expect_error(row.kind, row.text, [&] { (void)grow(row.type, "m", row.config, row.tensors); });
}

INSTANTIATE_TEST_SUITE_P(
    Table, TreeBuilderRefuses,
    testing::Values(Wrong{"AMissingTensor",
                          "Linear",
                          json::object(),
                          {{"m.weight", "F32", {8, 4}}},
                          ErrorKind::kData,
                          "m.bias"},
                    Wrong{"AnotherShape",
                          "Linear",
                          {{"in_features", 5}, {"bias", false}},
                          {{"m.weight", "F32", {8, 4}}},
                          ErrorKind::kData,
                          "tensor m.weight has shape [8, 4], the module wants [-1, 5]"},
                    Wrong{"AnotherRank",
                          "Linear",
                          {{"bias", false}},
                          {{"m.weight", "F32", {8}}},
                          ErrorKind::kData,
                          "tensor m.weight has shape [8], the module wants [-1, -1]"},
                    Wrong{"Integers",
                          "Linear",
                          {{"bias", false}},
                          {{"m.weight", "I32", {8, 4}}},
                          ErrorKind::kData,
                          "tensor m.weight has dtype int32, the module wants float32, float16 or bfloat16"},
                    Wrong{"AFilledParameterOfUnknownShape",
                          "Gemma4RMSNorm",
                          {{"dim", -1}, {"with_scale", false}},
                          {{"m.weight", "F32", {8}}},
                          ErrorKind::kPlugin,
                          "a filled parameter of shape [-1]"},
                    Wrong{"ANumberThatIsATensor",
                          "Gemma4ClippableLinear",
                          {{"use_clipped_linears", true}},
                          {{"m.linear.weight", "F32", {8, 4}}, {"m.input_min", "F32", {2}}},
                          ErrorKind::kData,
                          "tensor m.input_min has shape [2], the module wants one number"},
                    Wrong{"AMissingKey",
                          "LlamaMLP",
                          {{"hidden_act", "tanh"}},
                          {{"m.gate_proj.weight", "F32", {8, 4}},
                           {"m.up_proj.weight", "F32", {8, 4}},
                           {"m.down_proj.weight", "F32", {4, 8}}},
                          ErrorKind::kPlugin,
                          "hidden_act \"tanh\": LlamaMLP knows silu"}),
    [](const auto& one) { return one.param.name; });

}  // namespace
}  // namespace vernier::core
