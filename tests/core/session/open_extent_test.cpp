// "open" of an export entry: a file whose caller chooses an extent, run at two of them; and what cannot have
// one is refused at plan, by name.
#include <gmock/gmock.h>

#include "circle/reader.h"
#include "core/session/run_recipe.h"
#include "onnx/reader.h"
#include "support/expect_error.h"
#include "support/tensors.h"
#include "vernier/core/error.h"
#include "vernier/core/verify.h"

namespace vernier::core::testing {
namespace {

using nlohmann::json;
using ::testing::ElementsAre;
using ::testing::HasSubstr;

// A module of random parameters, and a recipe of it on random samples.
class Open : public ::testing::Test {
 protected:
  void make(const std::string& type, const json& config, const std::map<std::string, Shape>& parameters) {
    std::map<std::string, Tensor> tensors;
    uint32_t state = 1;
    for (const auto& [name, shape] : parameters) {
      std::vector<float> values(static_cast<size_t>(element_count(shape)));
      for (float& one : values) {
        state = state * 1664525 + 1013904223;
        one = static_cast<float>(state >> 16) / 65536 - 0.5F;
      }
      tensors[name] = test::floats(shape, values);
    }
    test::write_tensors(folder_ / "checkpoint/model.safetensors", tensors);
    test::write_file(folder_ / "checkpoint/config.json", "{}");
    recipe_ = {{"version", 1},
               {"model", {{"checkpoint", path("checkpoint")}, {"type", type}, {"config", config}}},
               {"quantization", {{"weight", {{"dtype", "int8"}, {"granularity", "channel"}, {"axis", 0}}}}},
               {"calibration", {{"inputs", {{"kind", "synthetic"}}}, {"samples", 3}}},
               {"runtime", {{"isolate", false}}}};
    recipe_["export"] = {{{"backend", "circle"},
                          {"file", "m.circle"},
                          {"profile", "none"},
                          {"gates", {{"quantized_to_file", {{"max_step", "<= 0"}}}}}}};
  }
  [[nodiscard]] std::string path(const std::string& name) const { return (folder_ / name).string(); }
  json& input(const std::string& name, const Shape& shape) {
    json& all = recipe_["calibration"]["inputs"]["inputs"];
    all[name] = {{"shape", shape}};
    return all[name];
  }
  json& exported() { return recipe_["export"][0]; }

  [[nodiscard]] SessionOptions options() const {
    test::write_file(folder_ / "recipe.json", recipe_.dump(1));
    SessionOptions options;
    options.recipe = folder_ / "recipe.json";
    options.plugin_files = {std::filesystem::path(VERNIER_BINARY_DIR) / "fixtures/one_op/one_op.so"};
    options.out = folder_ / "out";
    options.device = &make_reference_device;
    return options;
  }
  json run_open() const { return *run(options()).report; }
  void expect_refusal(ErrorKind kind, const std::string& text) const {
    test::expect_error(kind, text, [&] { (void)plan(options()); });
  }
  // A Linear of [rows, 4] to [rows, 3], the rows open.
  void make_linear() {
    make("Linear", {{"bias", true}}, {{"weight", {3, 4}}, {"bias", {3}}});
    input("input", {5, 4});
    exported()["open"] = {{"rows", {{"input", {0}}}}};
  }
  void make_layer(const std::string& backend = "circle") {
    make("BertLayer",
         {{"hidden_size", 16},
          {"num_attention_heads", 2},
          {"intermediate_size", 32},
          {"layer_norm_form", "op"}},
         {{"attention.self.query.weight", {16, 16}},
          {"attention.self.query.bias", {16}},
          {"attention.self.key.weight", {16, 16}},
          {"attention.self.key.bias", {16}},
          {"attention.self.value.weight", {16, 16}},
          {"attention.self.value.bias", {16}},
          {"attention.output.dense.weight", {16, 16}},
          {"attention.output.dense.bias", {16}},
          {"attention.output.LayerNorm.weight", {16}},
          {"attention.output.LayerNorm.bias", {16}},
          {"intermediate.dense.weight", {32, 16}},
          {"intermediate.dense.bias", {32}},
          {"output.dense.weight", {16, 32}},
          {"output.dense.bias", {16}},
          {"output.LayerNorm.weight", {16}},
          {"output.LayerNorm.bias", {16}}});
    input("hidden_states", {1, 6, 16});
    input("attention_mask", {1, 1, 1, 6}) = {
        {"shape", {1, 1, 1, 6}}, {"distribution", "uniform"}, {"low", -1}, {"high", 0}};
    exported()["backend"] = backend;
    exported()["open"] = {{"sequence", {{"hidden_states", {1}}, {"attention_mask", {3}}}}};
  }

  test::TempFolder folder_;
  json recipe_;
};

TEST_F(Open, ALinearIsRunAtTwoExtents) {
  make_linear();
  const json report = run_open();
  const json& row = report.at("verify").at(0);
  EXPECT_THAT(row.at("open_extents"), ElementsAre(3, 5));
  EXPECT_EQ(row.at("samples"), 2) << "an evaluation sample, and its first rows";
  EXPECT_EQ(report.at("exports").at(0).at("open"),
            json::parse(R"({"name": "rows", "axes": {"input": [0]}, "extents": [5, 3]})"));
  const CircleFile file = read_circle(folder_ / "out/m.circle");
  for (const CircleTensor& tensor : file.subgraphs.at(0).tensors) {
    if (tensor.constant) continue;
    EXPECT_EQ(tensor.shape.at(0), 1) << tensor.name;
    EXPECT_EQ(tensor.shape_signature, (std::vector<int32_t>{-1, tensor.shape.at(1)})) << tensor.name;
  }
  VerifyOptions again;
  again.file = folder_ / "out/m.circle";
  EXPECT_THAT(verify(options(), again).at(0).at("open_extents"), ElementsAre(3, 5));
}

TEST_F(Open, SamplesOfManyExtentsAreAllRun) {
  make_linear();
  std::map<std::string, Tensor> samples;
  for (int64_t i = 0; i < 4; ++i)
    samples["input." + std::to_string(i)] = test::ramp({i == 3 ? 5 : i + 1, i == 2 ? 4 : 4});
  test::write_tensors(folder_ / "samples.safetensors", samples);
  recipe_["evaluation"] = {{"inputs", {{"kind", "safetensors"}, {"path", path("samples.safetensors")}}},
                           {"samples", 4}};
  const json report = run_open();
  EXPECT_THAT(report.at("verify").at(0).at("open_extents"), ElementsAre(1, 2, 3, 5));
  EXPECT_EQ(report.at("verify").at(0).at("samples"), 4);
}

// Views of heads, a softmax over the open axis, products of two open axes.
TEST_F(Open, ALayerWithAttentionEqualsItsGraphInEachCode) {
  make_layer();
  const json report = run_open();
  EXPECT_THAT(report.at("verify").at(0).at("open_extents"), ElementsAre(3, 6));
  EXPECT_EQ(report.at("verify").at(0).at("outputs").at(0).at("quantized_to_file").at("max_step"), 0);
  EXPECT_TRUE(report.at("verify").at(0).at("first_divergence").is_null());
}

TEST_F(Open, WithoutItTheFileKeepsItsBytes) {
  make_layer();
  exported().erase("open");
  run_open();
  const std::string closed = test::read_file(folder_ / "out/m.circle");
  json open = exported();
  open["open"] = {{"sequence", {{"hidden_states", {1}}, {"attention_mask", {3}}}}};
  open["file"] = "open.circle";
  recipe_["export"].push_back(open);
  run_open();
  EXPECT_EQ(test::read_file(folder_ / "out/m.circle"), closed) << "beside one of an open extent";
  EXPECT_NE(test::read_file(folder_ / "out/open.circle"), closed);
}

TEST_F(Open, AnEmbeddingTakesAnyNumberOfTokens) {
  make("Embedding", {{"num_embeddings", 8}, {"embedding_dim", 4}}, {{"weight", {8, 4}}});
  input("input", {1, 7}) = {{"shape", {1, 7}}, {"dtype", "int32"}, {"low", 0}, {"high", 8}};
  exported()["open"] = {{"tokens", {{"input", {1}}}}};
  EXPECT_THAT(run_open().at("verify").at(0).at("open_extents"), ElementsAre(4, 7));
}

TEST_F(Open, AnOnnxFileNamesTheExtent) {
  make_layer("onnx");
  exported()["file"] = "m.onnx";
  exported().erase("gates");
  run_open();
  const std::string bytes = test::read_file(folder_ / "out/m.onnx");
  EXPECT_THAT(bytes, HasSubstr("sequence"));
}

TEST_F(Open, PlanSaysAtWhichExtentsItTraced) {
  make_linear();
  EXPECT_EQ(plan(options()).at("exports").at(0).at("open").at("extents"), json::parse("[5, 3]"));
}

TEST_F(Open, WhatDependsOnTheExtentIsNamed) {
  make("BertEmbeddings",
       {{"vocab_size", 8}, {"hidden_size", 4}, {"max_position_embeddings", 8}, {"layer_norm_form", "op"}},
       {{"word_embeddings.weight", {8, 4}},
        {"position_embeddings.weight", {8, 4}},
        {"token_type_embeddings.weight", {2, 4}},
        {"LayerNorm.weight", {4}},
        {"LayerNorm.bias", {4}}});
  input("input_ids", {1, 6}) = {{"shape", {1, 6}}, {"dtype", "int32"}, {"low", 0}, {"high", 8}};
  exported()["open"] = {{"sequence", {{"input_ids", {1}}}}};
  expect_refusal(ErrorKind::kPlugin, "depends on the open extent \"sequence\"");
  expect_refusal(ErrorKind::kPlugin, "traced with 6 and with 3");
  expect_refusal(ErrorKind::kPlugin, "(/export/0/open)");
}

TEST_F(Open, WhoDoesNotKnowItIsNamed) {
  make_linear();
  exported()["backend"] = "encodings";
  exported()["file"] = "m.json";
  exported().erase("gates");
  expect_refusal(ErrorKind::kPlugin, "backend encodings cannot write an open extent");
}

TEST_F(Open, AnOpWhoseFileHasTheExtentIsNamed) {
  make("OneOperand", {{"op", "cumsum"}, {"axis", 1}, {"sites", {"x", "out"}}}, {{"unused", {1}}});
  input("x", {4, 3});
  exported()["open"] = {{"rows", {{"x", {0}}}}};
  expect_refusal(ErrorKind::kPlugin, "cumsum: cannot be written with an open extent");
}

TEST_F(Open, ASiteByChannelAlongItIsNamed) {
  make_linear();
  recipe_["quantization"]["rules"] = {{{"match", "act_in"}, {"granularity", "channel"}, {"axis", 0}}};
  expect_refusal(ErrorKind::kPlugin, "site act_in has a scale for each index of axis 0, whose");
}

struct Wrong {
  const char* name;
  const char* open;
  const char* said;
};

class WrongOpen : public Open, public ::testing::WithParamInterface<Wrong> {};

TEST_P(WrongOpen, IsRefusedAtItsPlace) {
  make_layer();
  exported()["open"] = json::parse(GetParam().open);
  expect_refusal(ErrorKind::kUsage, GetParam().said);
  expect_refusal(ErrorKind::kUsage, "(/export/0/open");
}

INSTANTIATE_TEST_SUITE_P(
    All, WrongOpen,
    ::testing::Values(
        Wrong{"no_such_input", R"({"s": {"hidden_state": [1]}})", "did you mean \"hidden_states\"?"},
        Wrong{"no_such_axis", R"({"s": {"hidden_states": [3]}})", "input hidden_states has no axis 3"},
        Wrong{"two_extents", R"({"s": {"hidden_states": [1, 2]}})",
              "\"s\" is 6 at one axis and 16 at axis 2"},
        Wrong{"no_axes", R"({"s": {"hidden_states": []}})", "(/export/0/open/s/hidden_states)"},
        Wrong{"no_name", R"({"": {"hidden_states": [1]}})", "the name of an extent has 1 to 64 bytes"},
        Wrong{"several", R"({"s": {"hidden_states": [1]}, "t": {"x": [3]}})", "(/export/0/open)"}),
    [](const auto& row) { return std::string(row.param.name); });

// The mask has the extent too, and was forgotten.
TEST_F(Open, AnInputThatIsLeftOutIsAnErrorOfTheForward) {
  make_layer();
  exported()["open"] = {{"sequence", {{"hidden_states", {1}}}}};
  expect_refusal(ErrorKind::kPlugin, "traced with 6 and with 3 for the open extent \"sequence\"");
}

TEST_F(Open, SeveralUnitsInOneFileAreRefused) {
  make_linear();
  recipe_["units"] = {{{"name", "a"}, {"calibration", recipe_["calibration"]}},
                      {{"name", "b"}, {"calibration", recipe_["calibration"]}}};
  recipe_.erase("calibration");
  exported()["units"] = {"a", "b"};
  expect_refusal(ErrorKind::kUsage, "an open extent does not go with several units in one file");
}

}  // namespace
}  // namespace vernier::core::testing
