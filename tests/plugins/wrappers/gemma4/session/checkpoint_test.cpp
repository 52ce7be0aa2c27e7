// The tree of a Gemma4 checkpoint out of its own config.json: spellings, and tensors that no forward reads.
#include <limits>
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

// A head that was trained apart, under a config that still says that it is the table.
TEST_F(Gemma4Checkpoint, AHeadThatIsNotTheTableIsReadAndTold) {
  EXPECT_EQ(planned().at("config").at("untied"), json::array());
  tensors_["lm_head.weight"] = tensors_.at("model.language_model.embed_tokens.weight");
  EXPECT_EQ(planned().at("config").at("untied"), json::array()) << "the same numbers twice";
  tensors_["lm_head.weight"] = test::ramp({320, 64});
  const json plan = planned();
  const json told = {{"tensor", "lm_head.weight"}, {"other", "model.language_model.embed_tokens.weight"}};
  EXPECT_EQ(plan.at("config").at("untied"), json::array({told}));
  for (const json& row : plan.at("parameters")) {
    if (row.at("parameter") != "lm_head.weight") continue;
    EXPECT_EQ(row.at("checkpoint_dtype"), "float32");
  }
}

// Nothing is made up for a tensor that is not there, nor for one of another size.
TEST_F(Gemma4Checkpoint, TensorsThatAreMissingAreNamed) {
  const std::map<std::string, Tensor> sound = tensors_;
  const std::string text = "model.language_model.";
  for (const std::string& name :
       {text + "embed_tokens_per_layer.weight", text + "per_layer_projection_norm.weight",
        text + "layers.0.layer_scalar", text + "layers.1.per_layer_input_gate.weight",
        text + "layers.2.self_attn.v_proj.weight", text + "layers.3.self_attn.q_norm.weight",
        std::string("model.vision_tower.encoder.layers.0.mlp.up_proj.input_min"),
        std::string("model.embed_vision.embedding_projection.weight")}) {
    tensors_ = sound;
    ASSERT_EQ(tensors_.erase(name), 1U) << name;
    test::expect_error(ErrorKind::kData, name, [&] { (void)planned(); });
  }
}

TEST_F(Gemma4Checkpoint, TablesOfAnotherVocabularyAreNamed) {
  const std::map<std::string, Tensor> sound = tensors_;
  const std::string tokens = "model.language_model.embed_tokens.weight",
                    per_layer = "model.language_model.embed_tokens_per_layer.weight";
  tensors_[per_layer] = test::ramp({321, 96});
  test::expect_error(ErrorKind::kData, per_layer + " has shape [321, 96], the module wants [320, 96]",
                     [&] { (void)planned(); });
  tensors_ = sound;
  tensors_[tokens] = test::ramp({321, 64});  // tokens were added to one of both, and the config not told
  test::expect_error(ErrorKind::kData, tokens + " has shape [321, 64], the module wants [320, 64]",
                     [&] { (void)planned(); });
}

TEST_F(Gemma4Checkpoint, LayersThatHaveNoTypeAreTold) {
  config_["text_config"]["layer_types"].erase(1);
  test::expect_error(ErrorKind::kPlugin, "layer_types names 5 layers, num_hidden_layers says 6",
                     [&] { (void)planned(); });
}

TEST_F(Gemma4Checkpoint, BoundsOfAClippedLinearAreNumbersInOrder) {
  const std::string linear = "model.vision_tower.encoder.layers.1.mlp.up_proj";
  const auto with = [&](const char* name, float value) {
    tensors_[linear + "." + name] = test::floats({}, {value});
  };
  with("output_min", 3);
  with("output_max", 2);
  test::expect_error(ErrorKind::kData, linear + ".output_min is 3, " + linear + ".output_max is 2",
                     [&] { (void)planned(); });
  with("output_min", std::numeric_limits<float>::quiet_NaN());
  test::expect_error(ErrorKind::kData, linear + ".output_min is nan", [&] { (void)planned(); });
  with("output_min", -std::numeric_limits<float>::infinity());
  with("output_max", std::numeric_limits<float>::infinity());
  EXPECT_EQ(planned().at("unused_tensors"), json::array()) << "no bound on either side";
}

// An interrupted download.
TEST_F(Gemma4Checkpoint, AShardThatIsMissingIsNamed) {
  json map = json::object();
  for (const auto& [name, tensor] : tensors_) map[name] = "model-00001-of-00002.safetensors";
  map["model.language_model.layers.5.mlp.up_proj.weight"] = "model-00002-of-00002.safetensors";
  test::write_tensors(folder_ / "checkpoint/model-00001-of-00002.safetensors", tensors_);
  test::write_file(folder_ / "checkpoint/model.safetensors.index.json", json{{"weight_map", map}}.dump());
  test::write_file(folder_ / "checkpoint/config.json", config_.dump());
  test::write_file(folder_ / "recipe.json", recipe_.dump(1));
  SessionOptions options;
  options.recipe = folder_ / "recipe.json";
  options.out = folder_ / "out";
  test::expect_error(ErrorKind::kData,
                     "the shard \"model-00002-of-00002.safetensors\" of tensor "
                     "\"model.language_model.layers.5.mlp.up_proj.weight\" is not there",
                     [&] { (void)plan(options); });
}

TEST_F(Gemma4Checkpoint, KeysOfTheRecipeThatNobodyReadsAreErrors) {
  recipe_["model"]["config"] = {{"image_begin", 1}};
  test::expect_error(ErrorKind::kUsage, "no wrapper reads the config key \"image_begin\"",
                     [&] { (void)planned(); });
}

}  // namespace
}  // namespace vernier::core::testing
