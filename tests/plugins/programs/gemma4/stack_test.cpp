// Granularity stack: one file for all decoder layers of a phase is what the files of the layers are together,
// in float and in codes.
#include <fmt/format.h>
#include <gtest/gtest.h>

#include <cstring>
#include <functional>
#include <map>

#include "checkpoint/safetensors.h"
#include "plugins/programs/gemma4/program_recipe.h"
#include "plugins/programs/gemma4/programs.h"
#include "plugins/programs/gemma4/session_model.h"
#include "program/program_folder.h"
#include "program/read_program.h"
#include "support/expect_error.h"

namespace vernier::core::testing {
namespace {

using nlohmann::json;

std::filesystem::path tiny() { return std::filesystem::path(VERNIER_SOURCE_DIR) / "tests/data/gemma4_tiny"; }
Tensor prompt_of(int64_t count) {
  std::vector<int32_t> tokens;
  for (int64_t i = 0; i < count; ++i) tokens.push_back(static_cast<int32_t>(3 + i * 41 % 290));
  return tokens_of(tokens);
}

// To the end of the context, three windows long: logits of each token are those of the layers, bit for bit.
TEST(Gemma4Stack, IsItsLayersInFloat) {
  const json npu = {{"layout", "npu"}}, as_is = json::object();
  const struct {
    json changes, profile;
    int64_t prompt;
  } rows[] = {{as_is, {{"sequence", kSequence}, {"pictures", 0}}, 1},
              {as_is, {{"sequence", kSequence}, {"pictures", 0}, {"ring", true}}, 9},
              {npu, {{"sequence", kSequence}, {"image_slots", 24}, {"per_layer_table", "host"}}, 5}};
  for (const auto& row : rows) {
    SCOPED_TRACE(row.profile.dump());
    WholeAndProgram model(tiny(), row.changes);
    auto layers = model.program(row.profile);
    json profile = row.profile;
    profile["granularity"] = "stack";
    auto stack = model.program(profile);
    layers.run->begin({{"input_ids", prompt_of(row.prompt)}});
    stack.run->begin({{"input_ids", prompt_of(row.prompt)}});
    const std::vector<float> whole = model.whole("text", {prompt_of(kSequence)});
    for (int64_t at = row.prompt;; ++at) {
      const Tensor one = layers.run->value("logits"), other = stack.run->value("logits");
      EXPECT_TRUE(std::equal(one.as<float>(), one.as<float>() + kVocabulary, other.as<float>())) << at;
      EXPECT_LE(apart(whole, at - 1, other), kNear) << at;
      if (at == kSequence) break;
      const auto token = static_cast<int32_t>(3 + at * 41 % 290);
      layers.run->decode(token);
      stack.run->decode(token);
    }
  }
}

// A model without per-layer embeddings, whose entries are others: what the layers give, too.
TEST(Gemma4Stack, GoesWithoutPerLayerEmbeddings) {
  const json config = read_json(tiny() / "config.json");
  json text = config.at("text_config");
  text["hidden_size_per_layer_input"] = 0;
  WholeAndProgram model(tiny(), {{"text_config", text}});
  const json profile = {{"sequence", kSequence}, {"pictures", 0}};
  json of_stack = profile;
  of_stack["granularity"] = "stack";
  auto layers = model.program(profile), stack = model.program(of_stack);
  for (auto* one : {&layers, &stack}) {
    one->run->begin({{"input_ids", prompt_of(6)}});
    one->run->decode(7);
  }
  const Tensor one = layers.run->value("logits"), other = stack.run->value("logits");
  EXPECT_TRUE(std::equal(one.as<float>(), one.as<float>() + kVocabulary, other.as<float>()));
}

// Inputs have no number in the manifest: their names and their order are held all the same.
TEST(Gemma4Stack, ItsInputsAreHeldToTheManifest) {
  WholeAndProgram model(tiny());
  const json profile = {{"sequence", kSequence}, {"pictures", 0}, {"granularity", "stack"}};
  const struct {
    std::function<void(json&)> change;
    ErrorKind kind;
    std::string text;
  } rows[] = {{[](json& unit) { std::swap(unit["inputs"][8], unit["inputs"][9]); }, ErrorKind::kData,
               "past_k_1, past_k_0"},
              {[](json& unit) { unit["inputs"][8] = "passed_k_0"; }, ErrorKind::kData,
               "the entry of Gemma4TextModel has hidden_states, per_layer_inputs, attention_mask_*"},
              {[](json& unit) { unit["entry"] = "decode_stack"; }, ErrorKind::kData,
               "it names hidden_states, per_layer"}};
  for (const auto& row : rows) {
    SCOPED_TRACE(row.text);
    json document = *model.program(profile).made->document;
    json* unit = nullptr;
    for (json& one : document["units"]) {
      if (one["name"] == "decoder_stack_decode") unit = &one;
    }
    ASSERT_NE(unit, nullptr);
    const json before = *unit;
    row.change(*unit);
    for (json& phase : document["phases"]) {
      for (json& step : phase["steps"]) {
        if (step.value("unit", "") != "decoder_stack_decode") continue;
        const json wires = step["inputs"];
        step["inputs"] = json::object();
        for (size_t i = 0; i < before["inputs"].size(); ++i)
          step["inputs"][(*unit)["inputs"][i].get<std::string>()] =
              wires.at(before["inputs"][i].get<std::string>());
      }
    }
    test::expect_error(row.kind, row.text, [&] { (void)model.units_of(document); });
  }
}

// The config says how many there are; a document that says otherwise fits the manifest, and is refused by the
// wrapper, or by how many results it gives.
TEST(Gemma4Stack, TheirNumberIsTheConfigs) {
  WholeAndProgram model(tiny());
  const json profile = {{"sequence", kSequence}, {"pictures", 0}, {"granularity", "stack"}};
  const json whole = *model.program(profile).made->document;
  const auto decode_of = [](json& document) -> std::pair<json&, json&> {
    json *unit = nullptr, *step = nullptr;
    for (json& one : document["units"]) {
      if (one["name"] == "decoder_stack_decode") unit = &one;
    }
    for (json& one : document["phases"].back()["steps"]) {
      if (one.value("unit", "") == "decoder_stack_decode") step = &one;
    }
    return {*unit, *step};
  };
  const auto trace = [&](const json& document) {
    const Program program = read_program(document.dump(), "changed.json");
    const auto units = model.units_of(document);
    const ProgramStep& step = step_of(program, "decode", "decoder_stack_decode");
    (void)units->entry(*step.unit).graph(program.input_types(step));
  };
  EXPECT_NO_THROW(trace(whole));
  json taken = whole;
  {
    const auto [unit, step] = decode_of(taken);
    unit["inputs"].push_back("past_v_9");
    step["inputs"]["past_v_9"] = "cache.value_2";
  }
  test::expect_error(ErrorKind::kPlugin,
                     "3 with keys of their own, takes 12 masks, cosines, sines, keys and values, not 13",
                     [&] { trace(taken); });
  json more = whole;
  {
    const auto [unit, step] = decode_of(more);
    more["buffers"]["more"] = {{"dtype", "float32"}, {"shape", {1}}, {"role", "scratch"}};
    unit["outputs"].push_back("new_v_9");
    step["outputs"]["new_v_9"] = "more";
  }
  test::expect_error(ErrorKind::kPlugin, "gave 7 outputs; its caller names 8: hidden, new_k_0",
                     [&] { trace(more); });
}

class Gemma4StackRecipe : public ProgramRecipeTest {
 protected:
  Gemma4StackRecipe() {
    test::write_file(folder_ / "calibration.jsonl", text_requests(1, 5));
    test::write_file(folder_ / "evaluation.jsonl", text_requests(2, 2));
  }
  // Runs it, and leaves its folder under this name.
  RunResult run_as(const char* granularity, const json& profile, const char* activation) {
    json value = recipe_of(profile, 2, activation);
    value["model"]["profile"]["granularity"] = granularity;
    value["export"] = json::array({{{"backend", "circle"},
                                    {"file", "{unit}.q.circle"},
                                    {"gates", {{"float_tensors", "== 0"}}},
                                    {"verify", {{"samples", 2}, {"golden", 2}}}}});
    RunResult result = run(value);
    std::filesystem::rename(folder_ / "out", folder_ / granularity);
    return result;
  }
  // Scale, zero point and the like of each site of a folder's qparams.json.
  [[nodiscard]] std::map<std::string, json> qparams_of(const char* folder) const {
    std::map<std::string, json> sites;
    for (const json& row : read_json(folder_ / folder / "qparams.json")) {
      json one = {
          {"scale", row.at("scale")}, {"zero_point", row.at("zero_point")}, {"dtype", row.at("dtype")}};
      sites[row.at("site")] = std::move(one);
    }
    return sites;
  }
};

// The files of all layers, and one for each phase: the same grids, and what passes the boundaries that both
// have in a golden run is the same code by code.
TEST_F(Gemma4StackRecipe, HasTheQparamsAndCodesOfItsLayers) {
  const json plain = {{"sequence", 16}, {"pictures", 0}},
             ring = {{"sequence", 16}, {"pictures", 0}, {"ring", true}};
  for (const auto& [profile, activation] : {std::pair(plain, "int16"), std::pair(ring, "uint8")}) {
    SCOPED_TRACE(activation);
    std::filesystem::remove_all(folder_ / "layer");
    std::filesystem::remove_all(folder_ / "stack");
    const json of_layers = run_as("layer", profile, activation).report->at("program");
    const json of_stack = run_as("stack", profile, activation).report->at("program");
    EXPECT_EQ(of_stack.at("evaluation"), of_layers.at("evaluation"));
    for (const char* pair : {"float_to_file", "quantized_to_file"})
      EXPECT_EQ(of_stack.at("executed").at(pair), of_layers.at("executed").at(pair)) << pair;
    const std::map<std::string, json> ours = qparams_of("stack"), theirs = qparams_of("layer");
    size_t shared = 0;
    for (const auto& [site, row] : theirs) {
      ASSERT_TRUE(ours.contains(site)) << site;
      EXPECT_EQ(ours.at(site), row) << site;
      ++shared;
    }
    EXPECT_EQ(ours.size(), shared + 6);  // masks, cosines and sines of both types, as the model takes them
    const Safetensors stack = Safetensors::open(folder_ / "stack/golden.safetensors"),
                      layers = Safetensors::open(folder_ / "layer/golden.safetensors");
    size_t compared = 0;
    const auto same = [&](const std::string& one, const std::string& other) {
      const Tensor a = stack.tensor(one), b = layers.tensor(other);
      ASSERT_EQ(a.dtype, b.dtype) << one;
      ASSERT_EQ(a.shape, b.shape) << one;
      EXPECT_EQ(std::memcmp(a.data, b.data, a.bytes()), 0) << one;
      ++compared;
    };
    for (const SafetensorsEntry& entry : stack.entries()) {
      const std::string& name = entry.name;
      const size_t at = name.find(".decoder_stack_");
      if (at == std::string::npos) {
        same(name, name);
        continue;
      }
      // R.PHASE.PASS.decoder_stack_PHASE.out.new_k_I: of the layer, out.new_k.
      const size_t side = name.find(".out.");
      if (side == std::string::npos) continue;
      const std::string output = name.substr(side + 5);
      const std::string layer = output == "hidden" ? "5" : output.substr(output.rfind('_') + 1);
      const std::string phase = name.substr(at + 15, side - at - 15);
      same(name, fmt::format("{}.decoder_layer_{}_{}.out.{}", name.substr(0, at), phase, layer,
                             output == "hidden" ? output : output.substr(0, output.rfind('_'))));
    }
    EXPECT_GT(compared, 40U);
  }
}

TEST_F(Gemma4StackRecipe, ItsEntriesAreAProgramsAlone) {
  json value = recipe_of({{"sequence", 16}}, 2);
  value["model"].erase("program");
  value["model"].erase("profile");
  value["units"] = json::array({{{"name", "stack"},
                                 {"module", "model.language_model"},
                                 {"entry", "decode_stack_ple"},
                                 {"calibration", value["calibration"]}}});
  value.erase("calibration");
  value.erase("evaluation");
  test::expect_error(ErrorKind::kUsage, "past_k_*, past_v_*: which these are only a program says",
                     [&] { (void)plan(written(value)); });
}

}  // namespace
}  // namespace vernier::core::testing
