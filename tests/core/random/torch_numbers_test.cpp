// The seed example was drawn by LibTorch 2.13 after torch.manual_seed(123): a weight [64, 32], then 20
// samples.
#include "random/torch_numbers.h"

#include <gtest/gtest.h>

#include <cmath>
#include <limits>
#include <vector>

#include "checkpoint/checkpoint.h"
#include "support/expect_error.h"

namespace vernier::core {
namespace {

const std::filesystem::path kSeedExample =
    std::filesystem::path(VERNIER_SOURCE_DIR) / "tests/data/seed_example";

std::vector<float> drawn_weight(TorchNumbers& numbers) {
  std::vector<float> weight(64 * 32);
  const auto bound = static_cast<float>(1 / std::sqrt(32.0));
  numbers.uniform(weight, -bound, bound);
  return weight;
}

TEST(TorchNumbers, UniformOnesHaveTheBitsOfLibTorch) {
  TorchNumbers numbers(123);
  const std::vector<float> weight = drawn_weight(numbers);
  const Tensor stored = Checkpoint::open(kSeedExample / "model.safetensors")
                            .tensor("model.embed_vision.embedding_projection.weight");
  for (size_t i = 0; i < weight.size(); ++i) ASSERT_EQ(weight[i], stored.as<float>()[i]) << i;
}

TEST(TorchNumbers, NormalOnesAreWithinThreeUnitsInTheLastPlace) {
  TorchNumbers numbers(123);
  (void)drawn_weight(numbers);
  const Checkpoint stored = Checkpoint::open(kSeedExample / "calibration.safetensors");
  for (int sample = 0; sample < 20; ++sample) {
    std::vector<float> ours(16 * 32);
    numbers.normal(ours);
    const Tensor theirs = stored.tensor("inputs_embeds." + std::to_string(sample));
    for (size_t i = 0; i < ours.size(); ++i) {
      const float right = theirs.as<float>()[i];
      const float unit = std::nextafter(std::abs(right), std::numeric_limits<float>::max()) - std::abs(right);
      ASSERT_LE(std::abs(ours[i] - right), 3 * unit) << sample << " " << i;
    }
  }
}

TEST(TorchNumbers, WhatIsLeftOverIsDrawnAnew) {
  TorchNumbers numbers(7);
  std::vector<float> some(20), as_uniform(16);
  numbers.normal(some);
  // 20 draws, then 16 for the last sixteen: the 37th is next.
  std::vector<float> next(1), expected(37);
  numbers.uniform(next, 0, 1);
  TorchNumbers(7).uniform(expected, 0, 1);
  EXPECT_EQ(next[0], expected[36]);
  for (float one : some) EXPECT_LT(std::abs(one), 7);
}

TEST(TorchNumbers, FewNormalOnesAreRefused) {
  std::vector<float> few(15);
  test::expect_error(ErrorKind::kInternal, "fewer than 16", [&] { TorchNumbers(1).normal(few); });
}

}  // namespace
}  // namespace vernier::core
