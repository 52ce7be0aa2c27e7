// One file in an executor, on tensors of a safetensors file.
#include "vernier/core/execute_file.h"

#include <gtest/gtest.h>

#include <nlohmann/json.hpp>

#include "checkpoint/safetensors.h"
#include "checkpoint/safetensors_writer.h"
#include "core/session/run_recipe.h"
#include "support/expect_error.h"
#include "support/tensors.h"

namespace vernier::core::testing {
namespace {

using nlohmann::json;

constexpr const char* kInput = "inputs_embeds";
constexpr uint8_t kZero = 133;  // its zero point
const Shape kShape = {1, 16, 32};

class ExecuteFile : public ::testing::Test {
 protected:
  ExecuteFile() {
    options_.file = source_file("tests/data/circle/embedder_uint8.circle");
    options_.inputs = folder_ / "in.safetensors";
    options_.outputs = folder_ / "out.safetensors";
  }
  void give(const std::string& name, DType dtype, const Shape& shape, uint8_t code) {
    Tensor x = Tensor::allocate(dtype, shape);
    std::fill_n(x.mutable_as<uint8_t>(), x.bytes(), code);
    SafetensorsWriter writer(options_.inputs, {{name, dtype, shape}});
    writer.write(0, x);
    writer.finish();
  }

  test::TempFolder folder_;
  ExecuteOptions options_;
};

// Zeros are normed to zeros, and a product without bias leaves them so: each code is the zero point.
TEST_F(ExecuteFile, GivesTheCodesOfTheFile) {
  give("nothing", kUInt8, {1}, 0);
  test::expect_error(ErrorKind::kData, "there is no tensor", [&] { (void)execute_file(options_); });
  const json described = [&] {
    give(kInput, kUInt8, kShape, kZero);
    return execute_file(options_);
  }();
  ASSERT_EQ(described.at("inputs").size(), 1U);
  EXPECT_EQ(described.at("inputs").at(0).at("name"), kInput);
  EXPECT_EQ(described.at("inputs").at(0).at("zero_point"), kZero);
  const json output = described.at("outputs").at(0);
  const auto file = Safetensors::open(options_.outputs);
  ASSERT_EQ(file.entries().size(), 1U);
  const Tensor codes = file.tensor(output.at("name").get<std::string>());
  EXPECT_EQ(codes.shape, output.at("shape").get<Shape>());
  for (int64_t i = 0; i < codes.elements(); ++i)
    ASSERT_EQ(codes.as<uint8_t>()[i], output.at("zero_point").get<int>()) << i;
  options_.all = true;
  (void)execute_file(options_);
  EXPECT_EQ(Safetensors::open(options_.outputs).entries().size(), 2U);  // the norm's result, too
}

TEST_F(ExecuteFile, RefusesWhatDoesNotFit) {
  give(kInput, kInt8, kShape, 0);
  test::expect_error(ErrorKind::kData, "is int8; the file takes uint8",
                     [&] { (void)execute_file(options_); });
  options_.outputs = options_.inputs;
  test::expect_error(ErrorKind::kUsage, "is read, and would be written",
                     [&] { (void)execute_file(options_); });
}

}  // namespace
}  // namespace vernier::core::testing
