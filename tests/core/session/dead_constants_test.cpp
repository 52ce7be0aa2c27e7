// What dead_channel_test holds of a Linear, held of its neighbours: constants of a LayerNorm, rows of a
// table.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <cmath>
#include <nlohmann/json.hpp>
#include <random>

#include "checkpoint/safetensors_writer.h"
#include "core/session/run_recipe.h"
#include "support/temp_folder.h"
#include "vernier/core/error.h"

namespace vernier::core::testing {
namespace {

struct DeadConstants {
  const char* name;
  const char* type;
  const char* config;
  const char* quantization;
  double least_sqnr_db;  // of the file against float; a saturated bias gives less than 10
};

std::vector<float> some(size_t count, float low, float high, unsigned seed) {
  std::mt19937 random(seed);
  std::vector<float> values(count);
  for (float& one : values) one = low + (high - low) * static_cast<float>(random() % 10001) / 10000;
  return values;
}

// The result of a run whose file is executed and must equal the fake-quant run code by code.
class DeadConstant : public ::testing::TestWithParam<DeadConstants> {
 protected:
  static constexpr int64_t kRows = 32, kColumns = 16;

  nlohmann::json run(const std::vector<SafetensorsWriter::Item>& items,
                     const std::vector<std::vector<float>>& values, const nlohmann::json& inputs) {
    std::filesystem::create_directories(folder_ / "checkpoint");
    test::write_file(folder_ / "checkpoint/config.json", "{}");
    SafetensorsWriter file(folder_ / "checkpoint/model.safetensors", items);
    for (size_t i = 0; i < values.size(); ++i) file.write(i, std::as_bytes(std::span(values[i])));
    file.finish();
    const nlohmann::json recipe = {
        {"version", 1},
        {"model",
         {{"checkpoint", (folder_ / "checkpoint").string()},
          {"module", ""},
          {"type", GetParam().type},
          {"config", nlohmann::json::parse(GetParam().config)}}},
        {"calibration", {{"inputs", {{"kind", "synthetic"}, {"inputs", inputs}}}, {"samples", 8}}},
        {"evaluation", {{"samples", 8}}},
        {"quantization", nlohmann::json::parse(GetParam().quantization)},
        {"export",
         {{{"backend", "circle"}, {"file", "out.circle"}, {"verify", {{"gates", {{"max_step", "<= 0"}}}}}}}}};
    test::write_file(folder_ / "recipe.json", recipe.dump());
    SessionOptions options;
    options.recipe = folder_ / "recipe.json";
    options.out = folder_ / "out";
    options.device = &make_reference_device;
    return *core::run(options).report;
  }
  static double file_sqnr(const nlohmann::json& report) {
    return report.at("verify").at(0).at("outputs").at(0).at("float_to_file").at("sqnr_db").get<double>();
  }

  test::TempFolder folder_;
};

using DeadLayerNorm = DeadConstant;

TEST_P(DeadLayerNorm, KeepsTheBiasOfEachChannel) {
  std::vector<float> weight = some(kColumns, 0.5f, 1.5f, 3), bias = some(kColumns, -0.1f, 0.1f, 5);
  weight[2] = 0;
  bias[2] = 5;
  weight[5] *= 1e-9f;
  bias[5] = -4.5f;
  weight[9] = 0;
  bias[9] = 0;
  const nlohmann::json report = run({{"weight", kFloat32, {kColumns}}, {"bias", kFloat32, {kColumns}}},
                                    {weight, bias}, {{"input", {{"shape", {4, kColumns}}}}});
  EXPECT_GT(file_sqnr(report), GetParam().least_sqnr_db);
}

INSTANTIATE_TEST_SUITE_P(
    Forms, DeadLayerNorm,
    ::testing::Values(DeadConstants{"in 8 bits", "LayerNorm", R"({"dim": 16})", R"({})", 37},
                      DeadConstants{"in 16 bits", "LayerNorm", R"({"dim": 16})",
                                    R"({"activation": {"dtype": "int16"}, "weight": {"dtype": "int8"}})", 42},
                      DeadConstants{"as one op", "LayerNorm", R"({"dim": 16, "form": "op"})", R"({})", 41}),
    [](const auto& one) {
      std::string name = one.param.name;
      std::replace(name.begin(), name.end(), ' ', '_');
      return name;
    });

using DeadRows = DeadConstant;

// A row of zeros stays zeros, a tiny one is nothing beside an output step, and neither harms its neighbours.
TEST_P(DeadRows, AreLookedUpAsTheyAre) {
  std::vector<float> table = some(kRows * kColumns, -1, 1, 9);
  for (int64_t i = 0; i < kColumns; ++i) {
    table[3 * kColumns + i] = 0;
    table[5 * kColumns + i] *= 1e-9f;
    table[7 * kColumns + i] *= 1e-38f;
  }
  const nlohmann::json report =
      run({{"weight", kFloat32, {kRows, kColumns}}}, {table},
          {{"input", {{"shape", {kRows}}, {"dtype", "int64"}, {"low", 0}, {"high", kRows}}}});
  EXPECT_GT(file_sqnr(report), GetParam().least_sqnr_db);
}

INSTANTIATE_TEST_SUITE_P(
    Dtypes, DeadRows,
    ::testing::Values(DeadConstants{"in 8 bits", "Embedding",
                                    R"({"num_embeddings": 32, "embedding_dim": 16})", R"({})", 43},
                      DeadConstants{
                          "in 16 and 8 bits", "Embedding", R"({"num_embeddings": 32, "embedding_dim": 16})",
                          R"({"activation": {"dtype": "int16"}, "weight": {"dtype": "int8"}})", 46}),
    [](const auto& one) {
      std::string name = one.param.name;
      std::replace(name.begin(), name.end(), ' ', '_');
      return name;
    });

}  // namespace
}  // namespace vernier::core::testing
