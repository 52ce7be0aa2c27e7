#include "checkpoint/synthetic_checkpoint.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <bit>
#include <nlohmann/json.hpp>

#include "checkpoint/checkpoint.h"
#include "support/temp_folder.h"

namespace vernier::core {
namespace {

using nlohmann::json;
using test::TempFolder;
using testing::HasSubstr;

const json kDescription = json::parse(R"({
  "seed": 42,
  "config": {"vision_config": {"hidden_size": 768}},
  "tensors": [{"name": "a.weight", "dtype": "bfloat16", "shape": [300, 512], "std": 0.02},
              {"name": "a.bias", "shape": [300], "distribution": "uniform", "low": -1, "high": 1},
              {"name": "none", "dtype": "F32", "shape": [0, 4]}]})");

TEST(SyntheticCheckpoint, IsACheckpoint) {
  TempFolder folder;
  write_synthetic_checkpoint(kDescription, folder / "made", "x.json");
  const Checkpoint checkpoint = Checkpoint::open(folder / "made");
  EXPECT_EQ(checkpoint.config()["vision_config"]["hidden_size"], 768);
  EXPECT_EQ(checkpoint.info("none").bytes, 0u);
  const Tensor weight = checkpoint.tensor("a.weight");
  EXPECT_EQ(weight.dtype, kBFloat16);
  EXPECT_EQ(weight.shape, (Shape{300, 512}));
  double squares = 0;
  for (int64_t i = 0; i < weight.elements(); ++i) {  // more elements than are made at a time
    const double value = std::bit_cast<float>(uint32_t{weight.as<uint16_t>()[i]} << 16);
    squares += value * value;
  }
  EXPECT_NEAR(squares / static_cast<double>(weight.elements()), 0.02 * 0.02, 1e-5);
  const Tensor bias = checkpoint.tensor("a.bias");
  for (int i = 0; i < 300; ++i) EXPECT_LE(std::abs(bias.as<float>()[i]), 1.0f);
}

TEST(SyntheticCheckpoint, SameDescriptionSameBytes) {
  TempFolder folder;
  write_synthetic_checkpoint(kDescription, folder / "one", "x.json");
  write_synthetic_checkpoint(kDescription, folder / "two", "x.json");
  json other = kDescription;
  other["seed"] = 43;
  write_synthetic_checkpoint(other, folder / "three", "x.json");
  const std::string one = test::read_file(folder / "one/model.safetensors");
  EXPECT_EQ(one, test::read_file(folder / "two/model.safetensors"));
  EXPECT_NE(one, test::read_file(folder / "three/model.safetensors"));
}

TEST(SyntheticCheckpoint, BadDescriptionsAreRefused) {
  const struct {
    const char* text;
    const char* message;
  } kCases[] = {
      {"[]", "an object is needed"},
      {"{}", "\"tensors\" is not an array"},
      {R"({"tensor": []})", "did you mean \"tensors\"?"},
      {R"({"tensors": [], "seed": -1})", "\"seed\" is not an unsigned integer"},
      {R"({"tensors": [], "config": []})", "\"config\" is not an object"},
      {R"({"tensors": [{"shape": [1]}]})", "the tensor has no \"name\""},
      {R"({"tensors": [{"name": "a", "shape": [1]}, {"name": "a", "shape": [1]}]})",
       "the tensor \"a\" is there twice"},
      {R"({"tensors": [{"name": "a", "shape": [1], "dtype": "int8"}]})",
       "the dtype \"int8\" is not made here"},
  };
  TempFolder folder;
  for (const auto& one : kCases) {
    try {
      write_synthetic_checkpoint(json::parse(one.text), folder / "made", "x.json");
      ADD_FAILURE() << "accepted: " << one.text;
    } catch (const Error& error) {
      EXPECT_EQ(error.kind(), ErrorKind::kUsage);
      EXPECT_THAT(error.format(), HasSubstr(one.message));
      EXPECT_THAT(error.format(), HasSubstr("x.json"));
    }
  }
  EXPECT_EQ(test::files_in(folder.path()), 0u);
}

}  // namespace
}  // namespace vernier::core
