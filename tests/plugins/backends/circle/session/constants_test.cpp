// Constants of every length reach the file whole: small ones with the tables, large ones piece by piece.
#include <gtest/gtest.h>

#include <cstring>
#include <nlohmann/json.hpp>

#include "circle/reader.h"
#include "core/session/run_recipe.h"
#include "support/linear_recipe.h"
#include "support/temp_folder.h"
#include "vernier/core/synthesize.h"

namespace vernier::core::testing {
namespace {

using nlohmann::json;

json tensor(const std::string& name, const Shape& shape) {
  return {{"name", name}, {"dtype", "float32"}, {"shape", shape}, {"distribution", "normal"},
          {"mean", 0},    {"std", 0.2}};
}

// The executor reads the file's own constants: one byte out of place, and its codes are others.
void expect_executed(const test::TempFolder& folder, const json& tensors, json recipe) {
  test::write_file(folder / "description.json",
                   json{{"seed", 1}, {"config", json::object()}, {"tensors", tensors}}.dump());
  synthesize(folder / "description.json", folder / "checkpoint");
  recipe["quantization"] = {{"activation", {{"dtype", "uint8"}}}, {"weight", {{"dtype", "int8"}}}};
  recipe["export"] = {{{"backend", "circle"},
                       {"file", "m.circle"},
                       {"fixed_qparams", false},
                       {"verify", {{"executor", "circle"}}}}};
  test::write_file(folder / "recipe.json", recipe.dump());
  const json report = run_recipe(folder / "recipe.json", folder / "out").report;
  EXPECT_EQ(report.at("verify").at(0).at("first_divergence"), nullptr);
  EXPECT_EQ(report.at("verify").at(0).at("outputs").at(0).at("quantized_to_file").at("codes_differ"), 0);
}

class Constants : public ::testing::TestWithParam<std::pair<int64_t, int64_t>> {};

TEST_P(Constants, OfAnyLengthAreExecuted) {
  const auto [out, in] = GetParam();
  const test::TempFolder folder;
  expect_executed(folder, {tensor("weight", {out, in}), tensor("bias", {out})},
                  test::linear_recipe(folder / "checkpoint", true, {2, in}, 2));
}

// Below a piece's least length, at it, above it; longer than what is read at once.
INSTANTIATE_TEST_SUITE_P(Lengths, Constants,
                         ::testing::Values(std::pair{1, 1}, std::pair{63, 65}, std::pair{64, 64},
                                           std::pair{65, 64}, std::pair{1100, 1000}),
                         [](const auto& one) {
                           return std::to_string(one.param.first) + "x" + std::to_string(one.param.second);
                         });

// A float constant that the checkpoint holds in 16 bits, widened piece by piece.
TEST(FloatConstants, OfHalfPrecisionReachTheFile) {
  const test::TempFolder folder;
  json weight = tensor("weight", {1100, 1000});
  weight["dtype"] = "bfloat16";
  test::write_file(folder / "description.json",
                   json{{"seed", 1}, {"config", json::object()}, {"tensors", json::array({weight})}}.dump());
  synthesize(folder / "description.json", folder / "checkpoint");
  json recipe = test::linear_recipe(folder / "checkpoint", false, {2, 1000}, 1);
  recipe["quantization"] = {{"activation", {{"observer", "identity"}}},
                            {"weight", {{"observer", "identity"}}}};
  recipe["export"] = {{{"backend", "circle"}, {"file", "m.circle"}}};
  test::write_file(folder / "recipe.json", recipe.dump());
  (void)run_recipe(folder / "recipe.json", folder / "out");
  const std::string bytes = test::read_file(folder / "out/m.circle");
  const Tensor source = Checkpoint::open(folder / "checkpoint").tensor("weight");
  const CircleFile file = read_circle(folder / "out/m.circle");
  for (const CircleTensor& one : file.subgraphs.at(0).tensors) {
    if (one.name != "weight") continue;
    ASSERT_EQ(one.data_bytes, 4u * 1100 * 1000);
    size_t differ = 0;
    for (size_t i = 0; i < 1100 * 1000; ++i) {
      uint32_t stored = 0;
      std::memcpy(&stored, bytes.data() + one.data_offset + 4 * i, 4);
      differ += stored != static_cast<uint32_t>(source.as<uint16_t>()[i]) << 16;
    }
    EXPECT_EQ(differ, 0u);
    return;
  }
  FAIL() << "no weight in the file";
}

// Several large ones, and flipped on the way.
TEST(SeveralConstants, KeepTheirPlaces) {
  const test::TempFolder folder;
  json recipe = test::linear_recipe(folder / "checkpoint", false, {2, 64}, 2);
  recipe["model"] = {{"checkpoint", (folder / "checkpoint").string()},
                     {"module", ""},
                     {"type", "LlamaMLP"},
                     {"config", {{"hidden_size", 64}, {"intermediate_size", 96}}}};
  recipe["calibration"]["inputs"]["inputs"] = {{"x", {{"shape", {2, 64}}}}};
  expect_executed(folder,
                  {tensor("gate_proj.weight", {96, 64}), tensor("up_proj.weight", {96, 64}),
                   tensor("down_proj.weight", {64, 96})},
                  recipe);
}

}  // namespace
}  // namespace vernier::core::testing
