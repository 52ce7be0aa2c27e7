// Each wrapper of BERT against what transformers' module of that name made of the same inputs
// (tests/data/golden/bert_tiny), and what masking promises.
#include "checkpoint/safetensors.h"

#include <fmt/format.h>

#include <nlohmann/json.hpp>
#include "core/session/run_recipe.h"
#include "interpreter/entry_runner.h"
#include "session/prepare.h"
#include "vernier/core/error.h"

namespace vernier::core::testing {
namespace {

const std::filesystem::path kFolder = source_file("tests/data/golden/bert_tiny");

nlohmann::json recipe_of(const std::string& module, const std::string& type, const nlohmann::json& config) {
  nlohmann::json whole = read_json(kFolder / "config.json");
  whole.update(config);
  for (const char* key : {"architectures", "dtype", "transformers_version"}) whole.erase(key);
  return {
      {"version", 1},
      {"model", {{"checkpoint", kFolder.string()}, {"module", module}, {"type", type}, {"config", whole}}},
      {"runtime", {{"strict", false}}},  // config.json as it is, with keys that no wrapper reads
      {"calibration",
       {{"inputs", {{"kind", "safetensors"}, {"path", (kFolder / "io.safetensors").string()}}}}}};
}

// A prepared module and what runs it.
struct Bench {
  Bench(const test::TempFolder& folder, const nlohmann::json& recipe) {
    test::write_file(folder / "recipe.json", recipe.dump(1));
    SessionOptions options;
    options.recipe = folder / "recipe.json";
    p = std::make_unique<Prepared>(prepare(options));
    device = make_reference_device(*p->pool);
    runner = std::make_unique<EntryRunner>(*p->services, *p->tree, *device, "forward", p->input_names());
  }
  std::vector<Tensor> run(const std::vector<Tensor>& inputs) { return runner->run(Reading::kFloat, inputs); }

  std::unique_ptr<Prepared> p;
  std::unique_ptr<Device> device;
  std::unique_ptr<EntryRunner> runner;
};

void expect_near(const Tensor& ours, const Tensor& theirs, int64_t elements, float tolerance,
                 const std::string& what) {
  ASSERT_EQ(ours.shape, theirs.shape) << what;
  for (int64_t i = 0; i < elements; ++i)
    ASSERT_NEAR(ours.as<float>()[i], theirs.as<float>()[i], tolerance) << what << " element " << i;
}

class BertWrapper : public ::testing::TestWithParam<const char*> {};

TEST_P(BertWrapper, GivesWhatTransformersGives) {
  const Safetensors io = Safetensors::open(kFolder / "io.safetensors");
  const nlohmann::json golden = read_json(kFolder / "cases.json");
  for (const auto& one : golden.at("cases")) {
    const std::string name = one.at("case");
    const test::TempFolder folder;
    Bench bench(folder, recipe_of(one.at("module"), one.at("type"), {{"layer_norm_form", GetParam()}}));
    std::vector<Tensor> inputs;
    for (const std::string input : one.at("inputs"))
      inputs.push_back(io.tensor(fmt::format("{}.{}", name, input)));
    EXPECT_EQ(bench.p->input_names(), one.at("inputs").get<std::vector<std::string>>()) << name;
    const std::vector<Tensor> outputs = bench.run(inputs);
    ASSERT_EQ(outputs.size(), one.at("outputs").get<size_t>()) << name;
    for (size_t k = 0; k < outputs.size(); ++k) {
      const Tensor wanted = io.tensor(name + ".out." + std::to_string(k));
      // Rows of padding are of no meaning: transformers masks deeper than the wrappers below BertModel do
      // here.
      const int64_t elements =
          wanted.shape.size() == 3 ? golden.at("seen").get<int64_t>() * wanted.shape[2] : wanted.elements();
      expect_near(outputs[k], wanted, elements, 2e-5f, name);
    }
  }
}

INSTANTIATE_TEST_SUITE_P(Forms, BertWrapper, ::testing::Values("decomposed", "op"),
                         [](const auto& one) { return std::string(one.param); });

TEST(BertModel, TheTreeGrowsFromTheCheckpointsOwnConfig) {
  const test::TempFolder folder;
  nlohmann::json recipe = recipe_of("", "BertModel", nlohmann::json::object());
  recipe["model"] = {{"checkpoint", kFolder.string()}, {"config", {{"add_pooling_layer", false}}}};
  Bench bench(folder, recipe);
  EXPECT_EQ(bench.p->tree->root().type, "BertModel");
  const Safetensors io = Safetensors::open(kFolder / "io.safetensors");
  EXPECT_EQ(bench.run({io.tensor("model.input_ids"), io.tensor("model.attention_mask")}).size(), 1u);
}

nlohmann::json quantized_recipe(const char* activation) {
  nlohmann::json recipe =
      recipe_of("", "BertModel", {{"layer_norm_form", "op"}, {"add_pooling_layer", false}});
  recipe["quantization"] = {{"activation", {{"observer", "minmax"}, {"dtype", activation}}},
                            {"weight", {{"observer", "minmax"}, {"dtype", "int8"}}}};
  recipe["calibration"]["inputs"]["kind"] = "jsonl";
  return recipe;
}

std::string line(const std::vector<int>& ids, const std::vector<double>& mask) {
  return nlohmann::json{{"input_ids", {ids}}, {"attention_mask", {mask}}}.dump() + "\n";
}

class MaskedTokens : public ::testing::TestWithParam<const char*> {};

// What stands in the padding must not reach the tokens that are seen, not by a single code.
TEST_P(MaskedTokens, ChangeNothing) {
  const test::TempFolder folder;
  const std::vector<double> seen = {1.0, 1.0, 1.0, 1.0, 0.0, 0.0};
  const std::vector<double> all(6, 1.0);
  test::write_file(folder / "calibration.jsonl",
                   line({3, 9, 21, 7, 30, 12}, seen) + line({1, 2, 36, 4, 5, 6}, all));
  test::write_file(folder / "evaluation.jsonl",
                   line({3, 9, 21, 7, 0, 0}, seen) + line({3, 9, 21, 7, 33, 18}, seen));
  nlohmann::json recipe = quantized_recipe(GetParam());
  recipe["calibration"]["inputs"]["path"] = (folder / "calibration.jsonl").string();
  recipe["evaluation"] = {{"inputs", {{"kind", "jsonl"}, {"path", (folder / "evaluation.jsonl").string()}}},
                          {"samples", 2}};
  test::write_file(folder / "recipe.json", recipe.dump(1));
  run_recipe(folder / "recipe.json", folder / "run");
  const Checkpoint outputs = Checkpoint::open(folder / "run/outputs.safetensors");
  for (const char* mode : {"float_out.0", "quant_out.0"}) {
    const std::vector<float> zeros = floats_of(outputs, mode),
                             others = floats_of(outputs, mode + std::string(".1"));
    ASSERT_EQ(zeros.size(), others.size());
    for (size_t i = 0; i < 4 * 16; ++i) EXPECT_EQ(zeros[i], others[i]) << mode << " element " << i;
    EXPECT_NE(std::vector<float>(zeros.begin() + 64, zeros.end()),
              std::vector<float>(others.begin() + 64, others.end()))
        << "the padding itself differs";
  }
}

INSTANTIATE_TEST_SUITE_P(Bits, MaskedTokens, ::testing::Values("uint8", "int16"),
                         [](const auto& one) { return std::string(one.param); });

TEST(BertModel, RefusesShapesThatAreNoSentence) {
  const test::TempFolder folder;
  Bench bench(folder, recipe_of("", "BertModel", nlohmann::json::object()));
  const Safetensors io = Safetensors::open(kFolder / "io.safetensors");
  Tensor flat = io.tensor("model.attention_mask");
  flat.shape = {6};
  try {
    bench.run({io.tensor("model.input_ids"), flat});
    FAIL() << "no error";
  } catch (const Error& error) {
    EXPECT_NE(error.format().find("attention_mask of shape [batch, tokens]"), std::string::npos)
        << error.format();
  }
}

}  // namespace
}  // namespace vernier::core::testing
