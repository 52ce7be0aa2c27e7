// Documents of Gemma4's program for configs small and published: they pass the host's checks, have the units
// that they should, wired to what the wrappers' entries take.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <functional>
#include <set>

#include "plugin/entry_names.h"
#include "plugins/programs/gemma4/programs.h"

namespace vernier::core {
namespace {

using nlohmann::json;
using testing::Gemma4Programs;

struct Case {
  std::string config;
  json profile;
  size_t units;
};

// units: token_embedding, lm_head and both phases of each layer; with per-layer embeddings ple_embedding and
// two projections; with pictures the fusion and the vision tower, whole or its layers and three others.
const std::vector<Case>& cases() {
  static const std::vector<Case> all = {
      {"gemma4_tiny", {{"sequence", 24}, {"image_slots", 64}}, 2 + 2 * 6 + 3 + 2},
      {"gemma4_tiny", {{"sequence", 24}, {"image_slots", 64}, {"vision", "split"}}, 2 + 2 * 6 + 3 + 1 + 5},
      {"gemma4_tiny", {{"sequence", 2}, {"pictures", 0}}, 2 + 2 * 6 + 3},
      {"gemma4_shapes", {{"sequence", 48}, {"image_slots", 108}, {"pictures", 2}}, 2 + 2 * 9 + 3 + 2},
      {"gemma4_shapes", {{"sequence", 48}, {"image_slots", 108}, {"ring", true}}, 2 + 2 * 9 + 3 + 2},
      {"gemma4_shapes",
       {{"sequence", 48}, {"image_slots", 108}, {"per_layer_table", "host"}},
       2 + 2 * 9 + 2 + 2},
      {"gemma4_programs/e2b", {{"sequence", 2048}}, 2 + 2 * 35 + 3 + 2},
      {"gemma4_programs/e2b",
       {{"sequence", 2048}, {"vision", "split"}, {"per_layer_table", "host"}, {"ring", true}},
       2 + 2 * 35 + 2 + 1 + 19},
      {"gemma4_programs/e4b", {{"sequence", 4096}, {"pictures", 4}}, 2 + 2 * 42 + 3 + 2},
      {"gemma4_tiny", {{"sequence", 24}, {"pictures", 0}, {"granularity", "stack"}}, 2 + 2 + 3},
      {"gemma4_programs/e2b", {{"sequence", 2048}, {"granularity", "stack"}, {"ring", true}}, 2 + 2 + 3 + 2},
      {"gemma4_programs/e4b", {{"sequence", 4096}, {"granularity", "stack"}}, 2 + 2 + 3 + 2}};
  return all;
}

std::string name_of(const Case& one) { return one.config + " " + one.profile.dump(); }

TEST(Gemma4Documents, PassTheHostsChecksForEachConfig) {
  Gemma4Programs programs;
  for (const Case& one : cases()) {
    SCOPED_TRACE(name_of(one));
    const MadeProgram made = programs.make(testing::config_of(one.config), one.profile);
    EXPECT_EQ(made.plugin, "org.vernier.gemma4_program");
    EXPECT_EQ(made.program.units.size(), one.units);
    ASSERT_TRUE(made.program.generation.has_value());
    EXPECT_EQ(made.program.generation->context, one.profile.at("sequence").get<int64_t>());
    EXPECT_THAT(made.program.generation->stop, ::testing::Contains(1));
    std::set<std::string> names;
    for (const ProgramUnit& unit : made.program.units) names.insert(unit.name);
    EXPECT_EQ(names.size(), one.units);
  }
}

TEST(Gemma4Documents, SayWhatTheyWereMadeFor) {
  Gemma4Programs programs;
  EXPECT_EQ(
      programs.make(testing::config_of("gemma4_programs/e2b"), {{"sequence", 2048}}).document->at("profile"),
      (json{{"sequence", 2048},
            {"pictures", 1},
            {"image_slots", 2520},  // 280 soft tokens of 9 patches
            {"vision", "whole"},
            {"granularity", "layer"},
            {"per_layer_table", "unit"},
            {"ring", false},
            {"compat", "none"}}));
}

// By the path of a module in the tree.
std::string type_of(const std::string& module) {
  const auto is_below = [&](const std::string& list) {
    return module.rfind(list, 0) == 0 && module.find('.', list.size()) == std::string::npos;
  };
  if (is_below("model.language_model.layers.")) return "Gemma4TextDecoderLayer";
  if (is_below("model.vision_tower.encoder.layers.")) return "Gemma4VisionEncoderLayer";
  static const std::map<std::string, std::string> others = {
      {"", "Gemma4ForConditionalGeneration"},
      {"model", "Gemma4Model"},
      {"model.language_model", "Gemma4TextModel"},
      {"model.language_model.embed_tokens", "Gemma4TextScaledWordEmbedding"},
      {"model.vision_tower.patch_embedder", "Gemma4VisionPatchEmbedder"},
      {"model.vision_tower.pooler", "Gemma4VisionPooler"},
      {"model.embed_vision", "Gemma4MultimodalEmbedder"}};
  const auto found = others.find(module);
  return found == others.end() ? "none" : found->second;
}

TEST(Gemma4Documents, UnitsTakeWhatTheWrappersDeclare) {
  Gemma4Programs programs;
  for (const Case& one : cases()) {
    SCOPED_TRACE(name_of(one));
    const MadeProgram made = programs.make(testing::config_of(one.config), one.profile);
    for (const ProgramUnit& unit : made.program.units) {
      const EntryInfo* entry = programs.entry(type_of(unit.module), unit.entry);
      ASSERT_NE(entry, nullptr) << unit.name << ": " << unit.module << " " << unit.entry;
      EXPECT_TRUE(fit_names(entry->inputs, unit.inputs)) << unit.name;
      if (entry->outputs.empty())
        EXPECT_EQ(unit.outputs.size(), 1u) << unit.name;
      else
        EXPECT_TRUE(fit_names(entry->outputs, unit.outputs)) << unit.name;
    }
  }
}

TEST(Gemma4Documents, EachCacheIsWrittenOnceAPhase) {
  Gemma4Programs programs;
  for (const Case& one : cases()) {
    SCOPED_TRACE(name_of(one));
    const MadeProgram made = programs.make(testing::config_of(one.config), one.profile);
    std::set<std::string> caches;
    for (const ProgramBuffer& buffer : made.program.buffers) {
      if (buffer.name.rfind("cache.", 0) == 0) caches.insert(buffer.name);
    }
    EXPECT_FALSE(caches.empty());
    for (const char* phase : {"prefill", "decode"}) {
      std::multiset<std::string> written;
      for (const ProgramStep* step : testing::steps_of(made.program, phase, "write_rows"))
        written.insert(testing::wired(made.program, *step, "into"));
      EXPECT_EQ(written, std::multiset<std::string>(caches.begin(), caches.end())) << phase;
    }
  }
}

// By the checkpoints' papers: the last layer of each type that has keys of its own.
TEST(Gemma4Documents, ReadersOfKeysReadTheirProducer) {
  const struct {
    std::string config;
    int64_t sequence, first;  // the first layer that reads
    std::map<std::string, int64_t> sources;
  } rows[] = {{"gemma4_tiny", 24, 3, {{"sliding_attention", 1}, {"full_attention", 2}}},
              {"gemma4_shapes", 48, 6, {{"sliding_attention", 4}, {"full_attention", 5}}},
              {"gemma4_programs/e2b", 2048, 15, {{"sliding_attention", 13}, {"full_attention", 14}}},
              {"gemma4_programs/e4b", 2048, 24, {{"sliding_attention", 22}, {"full_attention", 23}}}};
  Gemma4Programs programs;
  for (const auto& row : rows) {
    const json config = testing::config_of(row.config);
    const MadeProgram made = programs.make(config, {{"sequence", row.sequence}, {"pictures", 0}});
    const json& types = config.at("text_config").at("layer_types");
    for (int64_t layer = 0; layer < static_cast<int64_t>(types.size()); ++layer) {
      SCOPED_TRACE(row.config + " layer " + std::to_string(layer));
      const std::string number = std::to_string(layer);
      const ProgramStep& prefill =
          testing::step_of(made.program, "prefill", "decoder_layer_prefill_" + number);
      const ProgramStep& decode = testing::step_of(made.program, "decode", "decoder_layer_decode_" + number);
      if (layer < row.first) {
        EXPECT_EQ(testing::wired(made.program, prefill, "new_k"), "prefill.key_" + number);
        EXPECT_EQ(testing::wired(made.program, decode, "past_v"), "cache.value_" + number);
        continue;
      }
      const std::string source = std::to_string(row.sources.at(types.at(static_cast<size_t>(layer))));
      EXPECT_EQ(testing::wired(made.program, prefill, "shared_k"), "prefill.key_" + source);
      EXPECT_EQ(testing::wired(made.program, prefill, "shared_v"), "prefill.value_" + source);
      EXPECT_EQ(testing::wired(made.program, decode, "shared_k"), "decode.shared_key_" + source);
      EXPECT_EQ(testing::wired(made.program, decode, "shared_v"), "decode.shared_value_" + source);
    }
    std::map<std::string, std::pair<std::string, std::string>> joined;
    for (const ProgramStep* step : testing::steps_of(made.program, "decode", "concat"))
      joined[testing::wired(made.program, *step, "joined")] = {testing::wired(made.program, *step, "first"),
                                                               testing::wired(made.program, *step, "second")};
    EXPECT_EQ(joined.size(), 4u) << row.config;
    for (const auto& [type, layer] : row.sources) {
      const std::string source = std::to_string(layer);
      EXPECT_EQ(joined["decode.shared_key_" + source],
                (std::pair<std::string, std::string>("cache.key_" + source, "decode.key_" + source)));
      EXPECT_EQ(joined["decode.shared_value_" + source],
                (std::pair<std::string, std::string>("cache.value_" + source, "decode.value_" + source)));
    }
  }
}

TEST(Gemma4Documents, E2bHasTheShapesOfItsFiles) {
  Gemma4Programs programs;
  const MadeProgram made = programs.make(testing::config_of("gemma4_programs/e2b"), {{"sequence", 2048}});
  const auto inputs = [&](const char* phase, const char* unit) {
    return testing::shapes_of(made.program, testing::step_of(made.program, phase, unit).inputs);
  };
  EXPECT_EQ(inputs("prefill", "decoder_layer_prefill_4"),
            (testing::Shapes{{"hidden_states", {1, 2048, 1536}},
                             {"attention_mask", {1, 1, 2048, 2048}},
                             {"cos", {1, 2048, 512}},
                             {"sin", {1, 2048, 512}},
                             {"per_layer_input", {1, 2048, 256}}}));
  EXPECT_EQ(inputs("decode", "decoder_layer_decode_13"), (testing::Shapes{{"hidden_states", {1, 1, 1536}},
                                                                          {"attention_mask", {1, 1, 1, 2048}},
                                                                          {"cos", {1, 1, 256}},
                                                                          {"sin", {1, 1, 256}},
                                                                          {"per_layer_input", {1, 1, 256}},
                                                                          {"past_k", {1, 1, 2047, 256}},
                                                                          {"past_v", {1, 1, 2047, 256}}}));
  EXPECT_EQ(inputs("decode", "decoder_layer_decode_34").back(),
            (std::pair<std::string, Shape>("shared_v", {1, 1, 2048, 512})));
  EXPECT_EQ(inputs("picture", "vision_prefill").front(),
            (std::pair<std::string, Shape>("pixel_values", {1, 2520, 768})));
  EXPECT_EQ(inputs("prefill", "multimodal_fusion_prefill"),
            (testing::Shapes{
                {"text_embeds", {1, 2048, 1536}}, {"visual_embeds", {280, 1536}}, {"source", {2048}}}));
  EXPECT_EQ(inputs("decode", "lm_head"), (testing::Shapes{{"hidden_states", {1, 1, 1536}}}));
}

// Layers' masks by type, all per-layer embeddings as one tensor, caches of the layers that have some.
TEST(Gemma4Documents, AStackIsOneUnitAPhase) {
  Gemma4Programs programs;
  const MadeProgram made =
      programs.make(testing::config_of("gemma4_tiny"),
                    {{"sequence", 24}, {"pictures", 0}, {"granularity", "stack"}, {"ring", true}});
  EXPECT_EQ(made.document->at("profile").at("granularity"), "stack");
  const ProgramStep& decode = testing::step_of(made.program, "decode", "decoder_stack_decode");
  std::vector<std::string> names;
  for (const Wire& wire : decode.inputs) names.push_back(wire.name);
  EXPECT_EQ(names, (std::vector<std::string>{
                       "hidden_states", "per_layer_inputs", "attention_mask_full_attention",
                       "attention_mask_sliding_attention", "cos_full_attention", "cos_sliding_attention",
                       "sin_full_attention", "sin_sliding_attention", "past_k_0", "past_k_1", "past_k_2",
                       "past_v_0", "past_v_1", "past_v_2"}));
  EXPECT_EQ(testing::wired(made.program, decode, "past_v_2"), "cache.value_2");
  EXPECT_EQ(testing::wired(made.program, decode, "new_k_1"), "decode.key_1");
  EXPECT_EQ(made.program.find_buffer("cache.key_0")->shape[2], 7);   // window 8
  EXPECT_EQ(made.program.find_buffer("cache.key_2")->shape[2], 23);  // full attention
  EXPECT_EQ(made.program.find_unit("decoder_stack_prefill")->group, "decoder_stack");
  EXPECT_EQ(made.program.find_unit("decoder_stack_decode")->group, "decoder_stack");
  EXPECT_TRUE(testing::steps_of(made.program, "decode", "concat").empty());
  EXPECT_TRUE(testing::steps_of(made.program, "decode", "row").empty());
}

TEST(Gemma4Documents, ARingHasTheSlotsThatTheWindowNeeds) {
  Gemma4Programs programs;
  const MadeProgram made =
      programs.make(testing::config_of("gemma4_shapes"), {{"sequence", 48}, {"pictures", 0}, {"ring", true}});
  EXPECT_EQ(made.program.find_buffer("cache.key_0")->shape, (Shape{1, 1, 23, 16}));  // window 24
  EXPECT_EQ(made.program.find_buffer("cache.key_2")->shape, (Shape{1, 1, 47, 32}));  // full attention
  EXPECT_EQ(made.program.find_buffer("decode.shared_key_4")->shape, (Shape{1, 1, 24, 16}));
  EXPECT_EQ(made.program.find_buffer("decode.mask_sliding_attention")->shape, (Shape{1, 1, 1, 24}));
  for (const char* phase : {"prefill", "decode"}) {
    for (const ProgramStep* step : testing::steps_of(made.program, phase, "write_rows")) {
      const std::string into = testing::wired(made.program, *step, "into");
      const bool is_full = made.program.find_buffer(into)->shape[3] == 32;
      EXPECT_EQ(std::get<Count>(step->arguments.at("ring")).term, is_full ? 0 : 23) << into;
    }
  }
  // A window that the context never fills gains nothing.
  const MadeProgram whole =
      programs.make(testing::config_of("gemma4_shapes"), {{"sequence", 24}, {"pictures", 0}, {"ring", true}});
  EXPECT_EQ(whole.program.find_buffer("cache.key_0")->shape, (Shape{1, 1, 23, 16}));
  for (const ProgramStep* step : testing::steps_of(whole.program, "decode", "write_rows"))
    EXPECT_EQ(std::get<Count>(step->arguments.at("ring")).term, 0);
}

// Published files spell the heads of full layers otherwise than transformers 5.12 and later.
TEST(Gemma4Documents, AreTheSameForBothSpellings) {
  Gemma4Programs programs;
  const json profile = {{"sequence", 48}, {"image_slots", 108}};
  const json config = testing::config_of("gemma4_shapes");
  json published = config;
  published["text_config"].erase("per_layer_config");
  published["text_config"]["global_head_dim"] = 32;
  published["text_config"]["num_global_key_value_heads"] = nullptr;
  EXPECT_EQ(*programs.make(published, profile).document, *programs.make(config, profile).document);
}

TEST(Gemma4Documents, AreMadeForTextAloneToo) {
  Gemma4Programs programs;
  const json whole = testing::config_of("gemma4_shapes");
  json nested = {{"architectures", {"Gemma4ForCausalLM"}}, {"text_config", whole.at("text_config")}};
  json flat = whole.at("text_config");
  flat["architectures"] = {"Gemma4ForCausalLM"};
  const MadeProgram made = programs.make(flat, {{"sequence", 48}});
  EXPECT_EQ(*programs.make(nested, {{"sequence", 48}}).document, *made.document);
  EXPECT_EQ(made.program.units.size(), 2u + 2 * 9 + 3);
  EXPECT_EQ(made.program.find_unit("decoder_layer_decode_8")->module, "model.layers.8");
  EXPECT_EQ(made.program.find_unit("ple_projection_prefill")->module, "model");
  EXPECT_EQ(made.program.find_unit("lm_head")->module, "");
  EXPECT_EQ(made.program.phases.size(), 2u);
}

TEST(Gemma4Documents, FollowTheConfig) {
  Gemma4Programs programs;
  json config = testing::config_of("gemma4_shapes");
  const json profile = {{"sequence", 48}, {"image_slots", 108}};
  const auto argument = [&](const MadeProgram& made, const char* phase, const char* step, const char* name) {
    return testing::steps_of(made.program, phase, step).at(0)->arguments.at(name);
  };
  {
    const MadeProgram made = programs.make(config, profile);
    EXPECT_EQ(std::get<bool>(argument(made, "prefill", "rotary_table", "negated")), false);
    EXPECT_EQ(std::get<double>(argument(made, "prefill", "causal_mask", "depth")), 200.0);
    EXPECT_EQ(std::get<double>(argument(made, "decode", "softcap", "cap")), 30.0);
    EXPECT_EQ(made.program.generation->stop, std::vector<int32_t>{1});
  }
  config["layout"] = "npu";
  config["mask_depth"] = 150;
  config["text_config"]["final_logit_softcapping"] = nullptr;
  config["text_config"]["hidden_size_per_layer_input"] = 0;
  config["eos_token_id"] = {1, 106};
  config["generation_config"] = {{"eos_token_id", {106, 50}}};
  const MadeProgram made = programs.make(config, profile);
  EXPECT_EQ(std::get<bool>(argument(made, "decode", "rotary_table", "negated")), true);
  EXPECT_EQ(std::get<double>(argument(made, "decode", "cache_mask", "depth")), 150.0);
  EXPECT_TRUE(testing::steps_of(made.program, "decode", "softcap").empty());
  EXPECT_EQ(made.program.generation->stop, (std::vector<int32_t>{1, 106, 50}));
  EXPECT_EQ(made.program.find_unit("ple_embedding"), nullptr);
  EXPECT_EQ(made.program.find_unit("decoder_layer_prefill_6")->entry, "prefill_shared");
}

// Of sizes one grid is built into the files; other pictures are refused when the program runs.
TEST(Gemma4Documents, AFixedGridIsHeldAtRunTime) {
  Gemma4Programs programs;
  json config = testing::config_of("gemma4_shapes");
  config["grid"] = {{"rows", 9}, {"columns", 12}};
  const MadeProgram made =
      programs.make(config, {{"sequence", 48}, {"image_slots", 117}, {"pictures", 2}, {"vision", "split"}});
  const auto checks = testing::steps_of(made.program, "picture", "require_grid");
  ASSERT_EQ(checks.size(), 1u);
  EXPECT_EQ(std::get<Count>(checks[0]->arguments.at("rows")).term, 9);
  EXPECT_EQ(std::get<Count>(checks[0]->arguments.at("columns")).term, 12);
  EXPECT_EQ(made.program.find_buffer("visual")->shape, (Shape{2 * 12, 96}));
  // Nine slots of padding, which the layers do not see.
  EXPECT_EQ(made.program.find_unit("vision_encoder_layer_03")->entry, "masked");
  EXPECT_EQ(made.program.find_unit("vision_patch_embedder")->entry, "forward");
  const MadeProgram full =
      programs.make(config, {{"sequence", 48}, {"image_slots", 108}, {"vision", "split"}});
  EXPECT_EQ(full.program.find_unit("vision_encoder_layer_03")->entry, "forward");
}

}  // namespace
}  // namespace vernier::core
