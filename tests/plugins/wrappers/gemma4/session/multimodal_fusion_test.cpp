// Gemma4MultimodalFusion: which row stands where, exactly, in float and in the file, and what does not fit.
#include <nlohmann/json.hpp>

#include "core/session/run_recipe.h"
#include "support/expect_error.h"
#include "vernier/core/error.h"
#include "vernier/core/synthesize.h"

namespace vernier::core::testing {
namespace {

using nlohmann::json;

// Row r is filled with its number: those of the text 1 to 5, those of the picture -1 and -2.
json numbered_rows(double first, int count, double step) {
  json result = json::array();
  for (int i = 0; i < count; ++i) result.push_back(json::array({first + i * step, first + i * step}));
  return result;
}

struct Fused {
  const char* name;
  json config;
  json source;  // empty: entry forward
  int tokens;
  std::vector<float> expected;  // a number a row
  const char* error;            // or why not
};

class Fusion : public ::testing::TestWithParam<Fused> {};

TEST_P(Fusion, PutsEachRowInItsPlace) {
  const Fused& one = GetParam();
  const bool by_source = !one.source.empty();
  json sample = {{"text_embeds", {numbered_rows(1, one.tokens, 1)}},
                 {"visual_embeds", numbered_rows(-1, 2, -1)}};
  if (by_source) sample["source"] = one.source;
  const test::TempFolder folder;
  test::write_file(folder / "samples.jsonl", sample.dump() + "\n");
  test::write_file(folder / "description.json",
                   R"({"seed": 1, "config": {}, "tensors": [{"name": "none", "shape": [1]}]})");
  synthesize(folder / "description.json", folder / "checkpoint");
  const json recipe = {
      {"version", 1},
      {"model", {{"checkpoint", "checkpoint"}, {"type", "Gemma4MultimodalFusion"}, {"config", one.config}}},
      {"quantization",
       {{"activation", {{"observer", "minmax"}, {"dtype", "int16"}, {"scheme", "symmetric"}}}}},
      {"calibration", {{"inputs", {{"kind", "jsonl"}, {"path", "samples.jsonl"}}}}},
      {"export",
       {{{"backend", "circle"},
         {"entry", by_source ? "any_place" : "forward"},
         {"file", "fusion.circle"},
         {"gates", {{"quantized_to_file", {{"max_step", "<= 0"}}}}}}}}};
  test::write_file(folder / "recipe.json", recipe.dump(1));
  if (one.error != nullptr) {
    test::expect_error(ErrorKind::kPlugin, one.error,
                       [&] { run_recipe(folder / "recipe.json", folder / "out"); });
    return;
  }
  run_recipe(folder / "recipe.json", folder / "out");
  const Checkpoint outputs = Checkpoint::open(folder / "out/outputs.safetensors");
  for (const auto& [lane, most] : {std::pair{"float_out.0", 0.0F}, std::pair{"quant_out.0", 1e-4F}}) {
    const std::vector<float> found = floats_of(outputs, lane);
    ASSERT_EQ(found.size(), one.expected.size() * 2);
    for (size_t i = 0; i < found.size(); ++i)
      EXPECT_NEAR(found[i], one.expected[i / 2], most) << lane << " " << i;
  }
}

INSTANTIATE_TEST_SUITE_P(
    Cases, Fusion,
    ::testing::Values(
        Fused{"BehindTheFirstToken", json::object(), {}, 5, {1, -1, -2, 4, 5}, nullptr},
        Fused{"AtTheBeginning", {{"image_start", 0}}, {}, 5, {-1, -2, 3, 4, 5}, nullptr},
        Fused{"AtTheEnd", {{"image_start", 3}}, {}, 5, {1, 2, 3, -1, -2}, nullptr},
        Fused{"InPlaceOfAll", {{"image_start", 0}}, {}, 2, {-1, -2}, nullptr},
        Fused{"Anywhere", json::object(), {0, 6, 2, 3, 5}, 5, {1, -2, 3, 4, -1}, nullptr},
        Fused{"Nowhere", json::object(), {0, 1, 2, 3, 4}, 5, {1, 2, 3, 4, 5}, nullptr},
        Fused{"PastTheEnd",
              {{"image_start", 4}},
              {},
              5,
              {},
              "2 soft tokens from token 4 on do not fit into a text of 5"},
        Fused{"BeforeTheBeginning", {{"image_start", -1}}, {}, 5, {}, "from token -1 on do not fit"},
        Fused{"TooFewSources", json::object(), {0, 5}, 5, {}, "wants `source` of shape [5]"}),
    [](const auto& one) { return one.param.name; });

}  // namespace
}  // namespace vernier::core::testing
