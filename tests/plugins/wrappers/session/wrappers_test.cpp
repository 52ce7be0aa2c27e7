// Each bundled wrapper on a small checkpoint: its sites, and its float output against the definition worked
// out here.
#include <cmath>
#include <functional>
#include <nlohmann/json.hpp>

#include "core/session/run_recipe.h"
#include "interpreter/entry_runner.h"
#include "session/prepare.h"
#include "vernier/core/error.h"
#include "vernier/core/synthesize.h"

namespace vernier::core::testing {
namespace {

using Floats = std::vector<float>;

// The checkpoint that every case reads: small numbers that bfloat16 holds exactly.
const Floats kWeight = {1, -2, 0.5f, 0.25f, 4, -1};  // [2, 3]
const Floats kBias = {0.5f, -0.25f};
const Floats kGamma = {2, 1, 0.5f};
const Floats kInput = {1, -3, 2, 0.5f, 0.25f, -1.5f};  // [2, 3]

struct Case {
  const char* type;
  nlohmann::json config;
  std::vector<std::string> sites;
  std::function<Floats()> expected;
};

Floats elementwise(const std::function<double(double)>& f) {
  Floats result;
  for (float x : kInput) result.push_back(static_cast<float>(f(x)));
  return result;
}

// Rows of the input through x * weight^T + bias, clamped before and after.
Floats linear(const Floats& bias, float low = -100, float high = 100) {
  const auto clip = [&](float x) { return std::min(std::max(x, low), high); };
  Floats result;
  for (int row = 0; row < 2; ++row) {
    for (int out = 0; out < 2; ++out) {
      float sum = bias.empty() ? 0 : bias[out];
      for (int i = 0; i < 3; ++i) sum += clip(kInput[row * 3 + i]) * kWeight[out * 3 + i];
      result.push_back(clip(sum));
    }
  }
  return result;
}

Floats rms_norm(const Floats& gamma, double eps) {
  Floats result;
  for (int row = 0; row < 2; ++row) {
    double squares = 0;
    for (int i = 0; i < 3; ++i) squares += kInput[row * 3 + i] * kInput[row * 3 + i];
    for (int i = 0; i < 3; ++i)
      result.push_back(static_cast<float>(kInput[row * 3 + i] / std::sqrt(squares / 3 + eps) * gamma[i]));
  }
  return result;
}

double sigmoid(double x) { return 1 / (1 + std::exp(-x)); }

const Case kCases[] = {
    {"Linear",
     {{"in_features", 3}, {"out_features", 2}},
     {"act_in", "weight", "act_out"},
     [] { return linear(kBias); }},
    {"Linear", {{"bias", false}}, {"act_in", "weight", "act_out"}, [] { return linear({}); }},
    {"RMSNorm",
     {{"dim", 3}, {"eps", 0.5}},
     {"weight", "act_in", "act_out"},
     [] { return rms_norm(kGamma, 0.5); }},
    {"Gemma4RMSNorm", {{"dim", 3}}, {"weight", "act_in", "act_out"}, [] { return rms_norm(kGamma, 1e-6); }},
    {"Gemma4RMSNorm",
     {{"dim", 3}, {"with_scale", false}},
     {"weight", "act_in", "act_out"},
     [] {
       return rms_norm({1, 1, 1}, 1e-6);
     }},
    {"Gemma4ClippableLinear",
     {{"use_clipped_linears", true}},
     {"linear/act_in", "linear/weight", "linear/act_out", "act_out"},
     [] { return linear({}, -1.25f, 1.5f); }},
    {"Gemma4ClippableLinear",
     nlohmann::json::object(),
     {"linear/act_in", "linear/weight", "linear/act_out"},
     [] { return linear({}); }},
    {"SiLU",
     nlohmann::json::object(),
     {"act_in", "sigmoid", "mul"},
     [] { return elementwise([](double x) { return x * sigmoid(x); }); }},
    {"GELU",
     nlohmann::json::object(),
     {"act_in", "act_out"},
     [] { return elementwise([](double x) { return 0.5 * x * (1 + std::erf(x / std::sqrt(2.0))); }); }},
    {"GELU",
     {{"approximate", "tanh"}},
     {"act_in", "act_out"},
     [] {
       return elementwise([](double x) {
         return 0.5 * x * (1 + std::tanh(std::sqrt(2 / M_PI) * (x + 0.044715 * x * x * x)));
       });
     }},
    {"Sigmoid", nlohmann::json::object(), {"act_in", "act_out"}, [] { return elementwise(sigmoid); }},
    {"Tanh",
     nlohmann::json::object(),
     {"act_in", "act_out"},
     [] { return elementwise([](double x) { return std::tanh(x); }); }},
    {"ReLU",
     nlohmann::json::object(),
     {"act_in", "act_out"},
     [] { return elementwise([](double x) { return std::max(x, 0.0); }); }},
};

class BundledWrapper : public ::testing::TestWithParam<Case> {
 protected:
  BundledWrapper() {
    write_safetensors(folder_ / "model.safetensors");
    nlohmann::json recipe = {
        {"version", 1},
        {"model",
         {{"checkpoint", folder_.path().string()},
          {"module", "m"},
          {"type", GetParam().type},
          {"config", GetParam().config}}},
        {"calibration",
         {{"inputs", {{"kind", "synthetic"}, {"inputs", nlohmann::json::object()}}}, {"samples", 1}}}};
    const bool is_gemma = std::string(GetParam().type).rfind("Gemma4", 0) == 0;
    recipe["calibration"]["inputs"]["inputs"][is_gemma                                    ? "hidden_states"
                                              : std::string(GetParam().type) == "RMSNorm" ? "x"
                                                                                          : "input"] = {
        {"shape", {2, 3}}};
    test::write_file(folder_ / "recipe.json", recipe.dump(1));
  }

  // By hand, so that the test does not lean on the writer.
  static void write_safetensors(const std::filesystem::path& file) {
    nlohmann::json header;
    std::string data;
    const auto add = [&](const std::string& name, const std::vector<int64_t>& shape, const Floats& values) {
      const size_t begin = data.size();
      data.append(reinterpret_cast<const char*>(values.data()), values.size() * sizeof(float));
      header[name] = {{"dtype", "F32"}, {"shape", shape}, {"data_offsets", {begin, data.size()}}};
    };
    const bool is_norm = std::string(GetParam().type).find("Norm") != std::string::npos;
    if (is_norm)
      add("m.weight", {3}, kGamma);
    else
      add("m.weight", {2, 3}, kWeight);
    add("m.bias", {2}, kBias);
    add("m.linear.weight", {2, 3}, kWeight);
    add("m.input_min", {}, {-1.25f});
    add("m.input_max", {}, {1.5f});
    add("m.output_min", {}, {-1.25f});
    add("m.output_max", {}, {1.5f});
    std::string text = header.dump();
    text.append((8 - text.size() % 8) % 8, ' ');
    const uint64_t length = text.size();
    test::write_file(file, std::string(reinterpret_cast<const char*>(&length), 8) + text + data);
  }

  test::TempFolder folder_;
};

TEST_P(BundledWrapper, HasItsSitesAndComputesItsDefinition) {
  SessionOptions options;
  options.recipe = folder_ / "recipe.json";
  const Prepared p = prepare(options);
  std::vector<std::string> sites;
  for (const Site& site : p.tree->sites) sites.push_back(site.relative);
  EXPECT_EQ(sites, GetParam().sites);

  const auto device = make_reference_device(*p.pool);
  EntryRunner runner(*p.services, *p.tree, *device, "forward", p.input_names());
  Tensor input = Tensor::allocate(kFloat32, {2, 3});
  std::copy(kInput.begin(), kInput.end(), input.mutable_as<float>());
  const Tensor output = runner.run(Reading::kFloat, std::span(&input, 1)).at(0);
  const Floats expected = GetParam().expected();
  ASSERT_EQ(output.elements(), static_cast<int64_t>(expected.size()));
  for (size_t i = 0; i < expected.size(); ++i)
    EXPECT_NEAR(output.as<float>()[i], expected[i], 2e-6f * std::max(1.0f, std::abs(expected[i])))
        << "element " << i;
}

INSTANTIATE_TEST_SUITE_P(Wrappers, BundledWrapper, ::testing::ValuesIn(kCases), [](const auto& one) {
  return std::string(one.param.type) + "_" + std::to_string(one.index);
});

TEST(Gemma4Tiny, AClippableLinearOfARealCheckpointIsQuantized) {
  const test::TempFolder folder;
  test::write_file(
      folder / "recipe.json", R"({"version": 1,
    "model": {"checkpoint": ")" + source_file("tests/data/gemma4_tiny").string() +
                                  R"(", "module": "model.vision_tower.encoder.layers.0.mlp.gate_proj",
              "type": "Gemma4ClippableLinear", "config": {"in_features": 32, "out_features": 64,)"
                                  R"( "use_clipped_linears": true}},
    "calibration": {"inputs": {"kind": "synthetic", "inputs": {"hidden_states": {"shape": [1, 9,)"
                                  R"( 32]}}}, "samples": 4},
    "export": [{"backend": "circle", "file": "gate_proj.q.circle"}]})");
  const RunResult result = run_recipe(folder / "recipe.json", folder / "run");
  EXPECT_GT(result.report->at("metrics").at("sqnr_db").get<double>(), 30.0);
  EXPECT_GT(std::filesystem::file_size(folder / "run/gate_proj.q.circle"), 2048u);
  EXPECT_TRUE(result.report->at("coverage").at("unused_tensors").empty())
      << result.report->at("coverage").at("unused_tensors");
}

// A Linear with a bias, on the checkpoint and inputs of the description.
RunResult run_dense(const test::TempFolder& folder, const std::vector<std::string>& overrides) {
  test::write_file(
      folder / "description.json",
      R"({"seed": 3, "tensors": [{"name": "dense.weight", "shape": [3, 4]}, {"name": "dense.bias",)"
      R"( "shape": [3]}]})");
  synthesize(folder / "description.json", folder / "checkpoint");
  test::write_file(
      folder / "recipe.json",
      R"({"version": 1, "model": {"checkpoint": "checkpoint", "module": "dense", "type": "Linear",)"
      R"( "config": {"in_features": 4, "out_features": 3}},
    "calibration": {"inputs": {"kind": "synthetic", "inputs": {"input": {"shape": [2, 4]}}},)"
      R"( "samples": 2}, "export": [{"backend": "circle", "file": "dense.q.circle"}]})");
  return run_recipe(folder / "recipe.json", folder / "run", overrides);
}

TEST(Bias, IsReportedAsWhatTheFileHolds) {
  struct Row {
    std::vector<std::string> overrides;
    const char* status;
    const char* dtype;
  };
  const Row rows[] = {{{}, "quantized", "int32"},
                      {{"quantization.activation.dtype=int16"}, "quantized", "int64"},
                      {{R"(quantization.rules=[{"match": "weight", "observer": "identity"}])"}, "float", ""},
                      {{"export=[]"}, "float", ""}};
  for (const Row& row : rows) {
    const test::TempFolder folder;
    const nlohmann::json bias =
        run_dense(folder, row.overrides).report->at("coverage").at("parameters").at(1);
    EXPECT_EQ(bias.at("parameter"), "dense.bias");
    EXPECT_EQ(bias.at("status"), row.status) << bias;
    EXPECT_EQ(bias.value("dtype", ""), row.dtype) << bias;
    EXPECT_NE(bias.at("reason"), "");
  }
}

TEST(Embedding, AnIndexOutsideTheTableIsNamed) {
  const test::TempFolder folder;
  test::write_file(
      folder / "recipe.json",
      R"({"version": 1,
    "model": {"checkpoint": ")" +
          source_file("tests/data/gemma4_tiny").string() +
          R"(", "module": "model.language_model.embed_tokens", "type": "Embedding",
              "config": {"num_embeddings": 320, "embedding_dim": 64}},
    "calibration": {"inputs": {"kind": "synthetic", "inputs": {"input": {"shape": [1, 8],)"
          R"( "dtype": "int64", "distribution": "uniform", "low": 400, "high": 500}}}, "samples": 1}})");
  try {
    run_recipe(folder / "recipe.json", folder / "run");
    FAIL() << "no error";
  } catch (const Error& error) {
    EXPECT_EQ(error.exit_code(), 5);
    EXPECT_NE(error.format().find("outside the table's 320 rows"), std::string::npos) << error.format();
    EXPECT_NE(error.format().find("model.language_model.embed_tokens.weight"), std::string::npos)
        << error.format();
  }
}

}  // namespace
}  // namespace vernier::core::testing
