// The tree of a Gemma4 checkpoint out of its own config.json: spellings, and tensors that no forward reads.
#include <nlohmann/json.hpp>

#include "core/session/run_recipe.h"
#include "support/expect_error.h"
#include "support/tensors.h"
#include "vernier/core/error.h"

namespace vernier::core::testing {
namespace {

using nlohmann::json;

// tests/data/gemma4_tiny with another config or with tensors besides.
class Gemma4Checkpoint : public ::testing::Test {
 protected:
  Gemma4Checkpoint() : config_(read_json(source_file("tests/data/gemma4_tiny/config.json"))) {
    const Checkpoint file = Checkpoint::open(source_file("tests/data/gemma4_tiny"));
    for (const std::string& name : file.names()) tensors_[name] = file.tensor(name);
    recipe_ = {{"version", 1},
               {"model", {{"checkpoint", "checkpoint"}}},
               {"units",
                {{{"name", "text"},
                  {"entry", "text"},
                  {"calibration",
                   {{"inputs",
                     {{"kind", "synthetic"},
                      {"inputs",
                       {{"input_ids", {{"shape", {1, 8}}, {"dtype", "int64"}, {"low", 0}, {"high", 300}}}}}}},
                    {"samples", 1}}}}}}};
  }
  [[nodiscard]] json planned() const {
    test::write_tensors(folder_ / "checkpoint/model.safetensors", tensors_);
    test::write_file(folder_ / "checkpoint/config.json", config_.dump());
    test::write_file(folder_ / "recipe.json", recipe_.dump(1));
    SessionOptions options;
    options.recipe = folder_ / "recipe.json";
    options.out = folder_ / "out";
    return plan(options);
  }
  // Sites and parameters with their shapes.
  static json declared(const json& plan) {
    json result = json::array();
    for (const json& row : plan.at("sites")) result.push_back(row.at("site"));
    for (const json& row : plan.at("parameters")) result.push_back({row.at("parameter"), row.at("shape")});
    return result;
  }

  const test::TempFolder folder_;
  std::map<std::string, Tensor> tensors_;
  json config_, recipe_;
};

TEST_F(Gemma4Checkpoint, SaysByItselfWhatItIs) {
  const json plan = planned();
  EXPECT_EQ(plan.at("type"), "Gemma4ForConditionalGeneration");
  EXPECT_EQ(plan.at("unused_tensors"), json::array());
  std::set<std::string> parameters;
  for (const json& row : plan.at("parameters")) parameters.insert(row.at("parameter"));
  for (const char* name :
       {"model.vision_tower.encoder.layers.1.mlp.down_proj.linear.weight", "lm_head.weight",
        "model.embed_vision.embedding_projection.weight", "model.language_model.layers.5.mlp.up_proj.weight"})
    EXPECT_TRUE(parameters.contains(name)) << name;
}

TEST_F(Gemma4Checkpoint, EachSpellingOfTheConfigIsTheSameTree) {
  const json wanted = declared(planned());
  config_["text_config"].erase("per_layer_config");
  config_["text_config"]["global_head_dim"] = 32;
  config_["text_config"]["num_global_key_value_heads"] = nullptr;
  EXPECT_EQ(declared(planned()), wanted);
  config_["vision_config"]["rope_parameters"]["rope_type"] = "default";
  config_["vision_config"]["global_head_dim"] = 16;
  EXPECT_EQ(declared(planned()), wanted);
}

// Published files store keys and values of layers that read other layers', and an audio tower.
TEST_F(Gemma4Checkpoint, TensorsThatNobodyReadsAreNamed) {
  const json wanted = declared(planned());
  const std::vector<std::string> unread = {"model.audio_tower.output_proj.bias",
                                           "model.embed_audio.embedding_projection.weight",
                                           "model.language_model.layers.3.self_attn.k_norm.weight",
                                           "model.language_model.layers.3.self_attn.k_proj.weight",
                                           "model.language_model.layers.3.self_attn.v_proj.weight"};
  for (const std::string& name : unread) tensors_[name] = test::ramp({16, 4});
  config_["audio_config"] = {{"hidden_size", 8}, {"model_type", "gemma4_audio"}};
  const json plan = planned();
  EXPECT_EQ(plan.at("unused_tensors"), json(unread));
  EXPECT_EQ(declared(plan), wanted);
}

TEST_F(Gemma4Checkpoint, AHeadOfItsOwnIsRead) {
  const auto made_of_tokens = [](const json& plan) {
    for (const json& row : plan.at("parameters")) {
      if (row.at("parameter") == "lm_head.weight") return row.at("checkpoint_dtype") == "bfloat16";
    }
    return false;
  };
  EXPECT_TRUE(made_of_tokens(planned()));
  config_["tie_word_embeddings"] = false;
  test::expect_error(ErrorKind::kData, "lm_head.weight", [&] { (void)planned(); });
  tensors_["lm_head.weight"] = test::ramp({320, 64});
  EXPECT_FALSE(made_of_tokens(planned()));
}

TEST_F(Gemma4Checkpoint, KeysOfTheRecipeThatNobodyReadsAreErrors) {
  recipe_["model"]["config"] = {{"image_begin", 1}};
  test::expect_error(ErrorKind::kUsage, "no wrapper reads the config key \"image_begin\"",
                     [&] { (void)planned(); });
}

}  // namespace
}  // namespace vernier::core::testing
