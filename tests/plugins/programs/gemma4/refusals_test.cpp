// Configs that Gemma4's program does not serve and profiles that no model can have: whose fault, and which
// key.
#include <gtest/gtest.h>

#include <functional>

#include "plugins/programs/gemma4/programs.h"
#include "support/expect_error.h"

namespace vernier::core {
namespace {

using nlohmann::json;

struct Row {
  ErrorKind kind;
  std::string text;
  std::function<void(json&)> change;  // of the config of gemma4_shapes
  json profile = {{"sequence", 48}, {"image_slots", 108}};
};

const std::function<void(json&)> kAsItIs = [](json&) {};

TEST(Gemma4Refusals, OfConfigs) {
  const Row rows[] = {
      {ErrorKind::kPlugin, "/architectures/0: \"LlamaForCausalLM\"",
       [](json& c) { c["architectures"] = {"LlamaForCausalLM"}; }},
      {ErrorKind::kData, "the config has no /architectures/0", [](json& c) { c.erase("architectures"); }},
      {ErrorKind::kPlugin, "/text_config: /enable_moe_block: mixtures of experts",
       [](json& c) { c["text_config"]["enable_moe_block"] = true; }},
      {ErrorKind::kPlugin, "/text_config: /use_bidirectional_attention: \"all\"",
       [](json& c) { c["text_config"]["use_bidirectional_attention"] = "all"; }},
      {ErrorKind::kPlugin, "/text_config/use_bidirectional_attention: \"vision\"",
       [](json& c) { c["text_config"]["use_bidirectional_attention"] = "vision"; }},
      {ErrorKind::kPlugin,
       "/audio_config: a model of sounds and text",
       [](json& c) {
         c["vision_config"] = nullptr;
         c["audio_config"] = {{"model_type", "gemma4_audio"}};
       },
       {{"sequence", 48}}},
      {ErrorKind::kData, "/text_config: the config has no /hidden_size",
       [](json& c) { c["text_config"].erase("hidden_size"); }},
      {ErrorKind::kData, "/text_config: the config value /vocab_size has the wrong type",
       [](json& c) { c["text_config"]["vocab_size"] = "many"; }},
      {ErrorKind::kData, "/text_config: layer 8 reads keys and values of a full_attention layer",
       [](json& c) {
         c["text_config"].erase("per_layer_config");
         for (const int layer : {2, 5}) c["text_config"]["layer_types"][layer] = "sliding_attention";
       }},
      {ErrorKind::kData, "/text_config: layer_types names 9 layers, num_hidden_layers says 7",
       [](json& c) { c["text_config"]["num_hidden_layers"] = 7; }},
      {ErrorKind::kData, "/text_config: layer_types names 8 layers, num_hidden_layers says 9",
       [](json& c) { c["text_config"]["layer_types"].erase(0); }},
      {ErrorKind::kPlugin,
       "/text_config: /vocab_size_per_layer_input: 320 rows for a vocabulary of 321; served are tables with",
       [](json& c) { c["text_config"]["vocab_size"] = 321; }},
      {ErrorKind::kPlugin, "/text_config: /rope_parameters/full_attention/rope_type: \"yarn\"",
       [](json& c) { c["text_config"]["rope_parameters"]["full_attention"]["rope_type"] = "yarn"; }},
      {ErrorKind::kData, "/rope_parameters/full_attention/partial_rotary_factor",
       [](json& c) { c["text_config"]["rope_parameters"]["full_attention"]["partial_rotary_factor"] = 1.5; }},
      {ErrorKind::kPlugin, "/text_config: /per_layer_config: full_attention layers with heads",
       [](json& c) { c["text_config"]["per_layer_config"]["5"]["head_dim"] = 64; }},
      {ErrorKind::kData, "/text_config: /sliding_window: positive",
       [](json& c) { c["text_config"]["sliding_window"] = 0; }},
      {ErrorKind::kData, "/vision_config: /patch_size: 0; it is 1 to 1048576",
       [](json& c) { c["vision_config"]["patch_size"] = 0; }},
      {ErrorKind::kData, "/vision_config: /head_dim: a head turns pairs on two axes",
       [](json& c) { c["vision_config"]["head_dim"] = 18; }},
      {ErrorKind::kPlugin, "/vision_config: /rope_parameters/rope_type: \"yarn\"",
       [](json& c) { c["vision_config"]["rope_parameters"]["rope_type"] = "yarn"; }},
      {ErrorKind::kData, "the config has no /image_token_id", [](json& c) { c.erase("image_token_id"); }},
      {ErrorKind::kPlugin, "/layout: \"cpu\"; served are reference and npu",
       [](json& c) { c["layout"] = "cpu"; }},
      {ErrorKind::kData, "/mask_depth: what a hidden score is lowered by, > 0",
       [](json& c) { c["mask_depth"] = 0; }},
      {ErrorKind::kData, "/grid: rows and columns are multiples of 3",
       [](json& c) {
         c["grid"] = {{"rows", 8}, {"columns", 12}};
       }},
  };
  testing::Gemma4Programs programs;
  for (const Row& row : rows) {
    json config = testing::config_of("gemma4_shapes");
    row.change(config);
    test::expect_error(row.kind, row.text, [&] { (void)programs.make(config, row.profile); });
    test::expect_error(row.kind, "config.json, program gemma4 (plugin org.vernier.gemma4_program)",
                       [&] { (void)programs.make(config, row.profile); });
  }
}

TEST(Gemma4Refusals, OfProfiles) {
  const auto standardizes = [](json& c) { c["vision_config"]["standardize"] = true; };
  const auto has_no_vision = [](json& c) { c["vision_config"] = nullptr; };
  const auto has_no_table = [](json& c) { c["text_config"]["hidden_size_per_layer_input"] = 0; };
  const auto has_grid = [](json& c) { c["grid"] = {{"rows", 9}, {"columns", 12}}; };
  const auto is_npu = [](json& c) { c["layout"] = "npu"; };
  const auto is_npu_with_grid = [&](json& c) {
    is_npu(c);
    has_grid(c);
  };
  const Row rows[] = {
      {ErrorKind::kUsage,
       "/sequence of the profile: 1; a prompt and its answer are 2 tokens",
       kAsItIs,
       {{"sequence", 1}}},
      {ErrorKind::kUsage,
       "/compat of the profile: tico; it writes a file for each decoder layer: granularity layer",
       is_npu,
       {{"sequence", 48}, {"pictures", 0}, {"granularity", "stack"}, {"compat", "tico"}}},
      {ErrorKind::kUsage,
       "/image_slots of the profile: 100; a multiple of 9",
       kAsItIs,
       {{"sequence", 48}, {"image_slots", 100}}},
      {ErrorKind::kUsage,
       "/image_slots of the profile: 99; the grid has 108 patches",
       has_grid,
       {{"sequence", 48}, {"image_slots", 99}}},
      {ErrorKind::kUsage,
       "4 pictures of up to 12 soft tokens are more than the 47 tokens of a prompt",
       kAsItIs,
       {{"sequence", 48}, {"image_slots", 108}, {"pictures", 4}}},
      {ErrorKind::kUsage,
       "1 picture of up to 280 soft tokens are more than the 47 tokens",
       kAsItIs,
       {{"sequence", 48}}},
      {ErrorKind::kUsage,
       "/image_slots of the profile: nothing has them without pictures",
       kAsItIs,
       {{"sequence", 48}, {"image_slots", 108}, {"pictures", 0}}},
      {ErrorKind::kUsage,
       "/pictures of the profile: 1 picture; the model takes none",
       has_no_vision,
       {{"sequence", 48}, {"pictures", 1}}},
      {ErrorKind::kUsage,
       "/vision of the profile: split; what standardizes soft tokens is no module",
       standardizes,
       {{"sequence", 48}, {"image_slots", 108}, {"vision", "split"}}},
      {ErrorKind::kUsage,
       "/per_layer_table of the profile: host; the model has no per-layer embeddings",
       has_no_table,
       {{"sequence", 48}, {"image_slots", 108}, {"per_layer_table", "host"}}},
      {ErrorKind::kUsage,
       "/compat of the profile: tico; its files take sines whose first half is negated",
       has_grid,
       {{"sequence", 48}, {"image_slots", 108}, {"compat", "tico"}}},
      {ErrorKind::kUsage,
       "/compat of the profile: tico; its files have one size of pictures built in",
       is_npu,
       {{"sequence", 48}, {"image_slots", 108}, {"compat", "tico"}}},
      {ErrorKind::kUsage,
       "/compat of the profile: tico; its files take one picture, not 2",
       is_npu_with_grid,
       {{"sequence", 48}, {"image_slots", 108}, {"pictures", 2}, {"compat", "tico"}}},
      {ErrorKind::kUsage,
       "/compat of the profile: tico; its caches have a slot for each token",
       is_npu_with_grid,
       {{"sequence", 48}, {"image_slots", 108}, {"ring", true}, {"compat", "tico"}}},
      {ErrorKind::kUsage,
       "soft tokens from token 1 on do not fit",
       is_npu_with_grid,
       {{"sequence", 13}, {"image_slots", 108}, {"compat", "tico"}}},
      // What the manifest's schema refuses.
      {ErrorKind::kUsage, "--profile/sequence", kAsItIs, {{"sequence", "long"}}},
      {ErrorKind::kUsage, "did you mean \"sequence\"?", kAsItIs, {{"seqence", 48}}},
      {ErrorKind::kUsage, "--profile/compat", kAsItIs, {{"sequence", 48}, {"compat", "executorch"}}},
  };
  testing::Gemma4Programs programs;
  for (const Row& row : rows) {
    json config = testing::config_of("gemma4_shapes");
    row.change(config);
    test::expect_error(row.kind, row.text, [&] { (void)programs.make(config, row.profile); });
  }
}

// What only the borders show: a step further they are served.
TEST(Gemma4Refusals, EndWhereTheyShould) {
  testing::Gemma4Programs programs;
  const json config = testing::config_of("gemma4_shapes");
  EXPECT_EQ(
      programs.make(config, {{"sequence", 2}, {"pictures", 0}}).program.find_buffer("cache.key_0")->shape[2],
      1);
  EXPECT_EQ(programs.make(config, {{"sequence", 49}, {"image_slots", 108}, {"pictures", 4}})
                .program.find_buffer("visual")
                ->shape[0],
            48);
}

}  // namespace
}  // namespace vernier::core
