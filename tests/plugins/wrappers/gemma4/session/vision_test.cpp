// Gemma4's vision wrappers against what transformers gave (tests/data/golden/gemma4_vision), what padding may
// not do, and what they refuse.
#include <algorithm>
#include <nlohmann/json.hpp>

#include "core/session/run_recipe.h"
#include "vernier/core/error.h"

namespace vernier::core::testing {
namespace {

using nlohmann::json;

const char* const kTower = "model.vision_tower";

// vision_config of tests/data/gemma4_tiny, as far as the wrapper reads it, with a grid of 4 by 4 patches.
json config_with(const std::vector<const char*>& keys, const json& changes) {
  const json vision = read_json(source_file("tests/data/gemma4_tiny/config.json")).at("vision_config");
  json config = {{"grid", {{"rows", 4}, {"columns", 4}}}};
  for (const char* key : keys) config[key] = vision.at(key);
  for (const auto& [key, value] : changes.items()) {
    if (value.is_null())
      config.erase(key);
    else
      config[key] = value;
  }
  return config;
}

json recipe_for(const std::string& module, const std::string& type, const json& config, const json& inputs) {
  return {{"version", 1},
          {"model",
           {{"checkpoint", source_file("tests/data/gemma4_tiny").string()},
            {"module", module},
            {"type", type},
            {"config", config}}},
          {"calibration", {{"inputs", inputs}}}};
}

const std::vector<const char*> kEncoder = {"hidden_size",         "intermediate_size",  "num_attention_heads",
                                           "num_key_value_heads", "head_dim",           "num_hidden_layers",
                                           "rope_parameters",     "use_clipped_linears"};
const std::vector<const char*> kPatch = {"hidden_size", "patch_size", "position_embedding_size"};
const std::vector<const char*> kPool = {"hidden_size", "pooling_kernel_size"};

std::vector<std::string> vision_cases() {
  std::vector<std::string> names;
  for (const auto& folder :
       std::filesystem::directory_iterator(source_file("tests/data/golden/gemma4_vision")))
    names.push_back(folder.path().filename().string());
  std::sort(names.begin(), names.end());
  return names;
}

class VisionCase : public ::testing::TestWithParam<std::string> {};

TEST_P(VisionCase, GivesWhatTransformersGives) {
  const auto folder = source_file("tests/data/golden/gemma4_vision/" + GetParam());
  const test::TempFolder out;
  const RunResult result = run_recipe(folder / "recipe.json", out.path());
  const std::vector<float> ours = floats_of(Checkpoint::open(out / "outputs.safetensors"), "float_out.0"),
                           theirs = floats_of(Checkpoint::open(folder / "io.safetensors"), "float_out.0");
  // With inputs for any grid there are rows behind the picture's own.
  ASSERT_TRUE(GetParam() == "any_grid" ? ours.size() == theirs.size() / 6 * 8 : ours.size() == theirs.size())
      << ours.size() << " " << theirs.size();
  const float greatest = *std::max_element(theirs.begin(), theirs.end());
  for (size_t i = 0; i < theirs.size(); ++i)
    ASSERT_NEAR(ours[i], theirs[i], 1e-5 * std::max(1.0F, greatest)) << "element " << i;
  EXPECT_EQ(result.report->at("coverage").at("unused_tensors").size(), GetParam() == "pooler" ? 1u : 0u);
}

INSTANTIATE_TEST_SUITE_P(Cases, VisionCase, ::testing::ValuesIn(vision_cases()),
                         [](const auto& one) { return one.param; });

class PaddedEncoder : public ::testing::TestWithParam<const char*> {};

// What stands in the padding must not reach a patch, not by a single code.
TEST_P(PaddedEncoder, HidesThePadding) {
  constexpr int kWidth = 32, kPatches = 4, kSlots = 6;
  const auto line = [](float padding) {
    json rows = json::array();
    for (int slot = 0; slot < kSlots; ++slot) {
      json row = json::array();
      for (int i = 0; i < kWidth; ++i)
        row.push_back(slot >= kPatches ? padding * (i % 3 + 0.5) : 0.25 * ((i * 7 + slot * 5) % 11 - 5));
      rows.push_back(row);
    }
    return json{{"inputs_embeds", {rows}}}.dump() + "\n";
  };
  const test::TempFolder folder;
  test::write_file(folder / "samples.jsonl", line(1) + line(-1));
  json recipe = recipe_for(std::string(kTower) + ".encoder", "Gemma4VisionEncoder",
                           config_with(kEncoder, {{"grid", {{"rows", 2}, {"columns", 2}}}}),
                           {{"kind", "jsonl"}, {"path", (folder / "samples.jsonl").string()}});
  recipe["evaluation"] = {{"samples", 2}};
  recipe["quantization"] = {{"activation", {{"observer", "minmax"}, {"dtype", GetParam()}}},
                            {"weight", {{"observer", "minmax"}, {"dtype", "int8"}}}};
  test::write_file(folder / "recipe.json", recipe.dump(1));
  run_recipe(folder / "recipe.json", folder / "out");
  const Checkpoint outputs = Checkpoint::open(folder / "out/outputs.safetensors");
  for (const char* lane : {"float_out.0", "quant_out.0"}) {
    const std::vector<float> one = floats_of(outputs, lane),
                             other = floats_of(outputs, lane + std::string(".1"));
    const auto patches = one.begin() + kPatches * kWidth;
    ASSERT_EQ(one.size(), static_cast<size_t>(kSlots * kWidth));
    EXPECT_TRUE(std::equal(one.begin(), patches, other.begin())) << lane;
    EXPECT_FALSE(std::equal(patches, one.end(), other.begin() + kPatches * kWidth)) << lane << ": itself";
  }
}

INSTANTIATE_TEST_SUITE_P(Bits, PaddedEncoder, ::testing::Values("uint8", "int16"),
                         [](const auto& one) { return std::string(one.param); });

struct Refused {
  const char* name;
  const char* below;  // the tower
  const char* type;
  const std::vector<const char*>* keys;
  json changes;
  const char* entry;
  json inputs;
  const char* text;
};

json shaped(const std::vector<int64_t>& shape) { return {{"shape", shape}}; }
json places(const std::vector<int64_t>& shape) {
  return {{"shape", shape}, {"dtype", "int32"}, {"low", 0}, {"high", 4}};
}

class RefusedVision : public ::testing::TestWithParam<Refused> {};

TEST_P(RefusedVision, SaysWhy) {
  const Refused& wrong = GetParam();
  const test::TempFolder folder;
  json recipe =
      recipe_for(std::string(kTower) + "." + wrong.below, wrong.type, config_with(*wrong.keys, wrong.changes),
                 {{"kind", "synthetic"}, {"inputs", wrong.inputs}});
  recipe["calibration"]["samples"] = 1;
  recipe["export"] = {{{"backend", "circle"}, {"entry", wrong.entry}, {"file", "x.circle"}}};
  test::write_file(folder / "recipe.json", recipe.dump(1));
  try {
    run_recipe(folder / "recipe.json", folder / "out");
    FAIL() << "no error";
  } catch (const Error& error) {
    EXPECT_EQ(error.kind(), ErrorKind::kPlugin) << error.format();
    EXPECT_NE(error.format().find(wrong.text), std::string::npos) << error.format();
  }
}

const json kNoGrid = {{"grid", nullptr}};
const json kFlatAngles = {
    {"hidden_states", shaped({1, 4, 32})}, {"cos", shaped({4, 16})}, {"sin", shaped({4, 16})}};

INSTANTIATE_TEST_SUITE_P(
    Cases, RefusedVision,
    ::testing::Values(
        Refused{"AnEncoderWithoutAGrid",
                "encoder",
                "Gemma4VisionEncoder",
                &kEncoder,
                kNoGrid,
                "forward",
                {{"inputs_embeds", shaped({1, 16, 32})}},
                "Gemma4VisionEncoder: entry forward wants the config's grid"},
        Refused{"APatchEmbedderWithoutAGrid",
                "patch_embedder",
                "Gemma4VisionPatchEmbedder",
                &kPatch,
                kNoGrid,
                "forward",
                {{"pixel_values", shaped({1, 16, 48})}},
                "Gemma4VisionPatchEmbedder: entry forward wants"},
        Refused{"APoolerWithoutAGrid",
                "pooler",
                "Gemma4VisionPooler",
                &kPool,
                kNoGrid,
                "forward",
                {{"hidden_states", shaped({1, 16, 32})}},
                "Gemma4VisionPooler: entry forward wants"},
        Refused{"PlacesBesideAGrid",
                "patch_embedder",
                "Gemma4VisionPatchEmbedder",
                &kPatch,
                json::object(),
                "any_grid",
                {{"pixel_values", shaped({1, 16, 48})}, {"pixel_position_ids", places({1, 16, 2})}},
                "positions are constants of entry forward"},
        Refused{"PlacesOnOneAxis",
                "patch_embedder",
                "Gemma4VisionPatchEmbedder",
                &kPatch,
                kNoGrid,
                "any_grid",
                {{"pixel_values", shaped({1, 16, 48})}, {"pixel_position_ids", places({1, 16})}},
                "pixel_position_ids of shape [batch, slots, 2]"},
        Refused{"AnEmptyGrid",
                "encoder",
                "Gemma4VisionEncoder",
                &kEncoder,
                {{"grid", {{"rows", 0}, {"columns", 4}}}},
                "forward",
                {{"inputs_embeds", shaped({1, 16, 32})}},
                "the grid has 0 rows and 4 columns"},
        Refused{"TooFewSlots",
                "encoder",
                "Gemma4VisionEncoder",
                &kEncoder,
                json::object(),
                "forward",
                {{"inputs_embeds", shaped({1, 15, 32})}},
                "with 16 slots or more for the patches of its grid, not 15"},
        Refused{"NoSlots",
                "encoder",
                "Gemma4VisionEncoder",
                &kEncoder,
                json::object(),
                "forward",
                {{"inputs_embeds", shaped({16, 32})}},
                "not rank 2"},
        Refused{"AHeadOfOddPairs",
                "encoder",
                "Gemma4VisionEncoder",
                &kEncoder,
                {{"head_dim", 6}},
                "forward",
                {{"inputs_embeds", shaped({1, 16, 32})}},
                "its size is a multiple of 4, not 6"},
        Refused{"AnUnknownRope",
                "encoder",
                "Gemma4VisionEncoder",
                &kEncoder,
                {{"rope_parameters", {{"rope_type", "yarn"}, {"rope_theta", 100}}}},
                "forward",
                {{"inputs_embeds", shaped({1, 16, 32})}},
                "rope_type \"yarn\": Gemma4VisionEncoder knows axial"},
        Refused{"FlatAngles",
                "encoder.layers.0.self_attn",
                "Gemma4VisionAttention",
                &kEncoder,
                {{"grid", nullptr},
                 {"intermediate_size", nullptr},
                 {"num_hidden_layers", nullptr},
                 {"rope_parameters", nullptr}},
                "forward",
                kFlatAngles,
                "cos and sin of shape [batch, slots, head_dim], not of rank 2"},
        Refused{"HalfSquares",
                "pooler",
                "Gemma4VisionPooler",
                &kPool,
                {{"grid", {{"rows", 3}, {"columns", 4}}}},
                "forward",
                {{"hidden_states", shaped({1, 16, 32})}},
                "is no whole number of squares of 2 patches"},
        Refused{"HalfASquareOfSlots",
                "pooler",
                "Gemma4VisionPooler",
                &kPool,
                json::object(),
                "forward",
                {{"hidden_states", shaped({1, 18, 32})}},
                "a multiple of 4, not 18"},
        Refused{"NoSquare",
                "pooler",
                "Gemma4VisionPooler",
                &kPool,
                {{"pooling_kernel_size", 0}},
                "forward",
                {{"hidden_states", shaped({1, 16, 32})}},
                "pooling_kernel_size is positive, not 0"}),
    [](const auto& one) { return one.param.name; });

}  // namespace
}  // namespace vernier::core::testing
