#include "random/random_fill.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <bit>
#include <cmath>
#include <vector>

namespace vernier::core {
namespace {

constexpr size_t kCount = 1'000'000;

template <typename T>
std::vector<T> filled(DType dtype, const Distribution& distribution, size_t count = kCount,
                      uint64_t first = 0) {
  std::vector<T> values(count);
  fill_random(reinterpret_cast<std::byte*>(values.data()), dtype, first, count, distribution,
              RandomStream(42, "x", 0));
  return values;
}

TEST(RandomFill, NormalNumbersAreNormal) {
  std::vector<float> values = filled<float>(kFloat32, {});
  double sum = 0, squares = 0, fourth = 0;
  for (double x : values) {
    sum += x;
    squares += x * x;
    fourth += x * x * x * x;
  }
  EXPECT_NEAR(sum / kCount, 0, 4e-3);  // 4 standard errors each
  EXPECT_NEAR(squares / kCount, 1, 6e-3);
  EXPECT_NEAR(fourth / kCount, 3, 4e-2);
  // Kolmogorov-Smirnov at 0.1 %.
  std::sort(values.begin(), values.end());
  double distance = 0;
  for (size_t i = 0; i < kCount; ++i) {
    const double expected = 0.5 * std::erfc(-values[i] / std::sqrt(2.0));
    distance = std::max(distance, std::abs(expected - (static_cast<double>(i) + 0.5) / kCount));
  }
  EXPECT_LT(distance, 1.95 / std::sqrt(kCount));
  // Beyond the ziggurat's edge at 3.4426: 576 of a million are expected, on both sides.
  const auto beyond = static_cast<double>(
      std::count_if(values.begin(), values.end(), [](float x) { return std::abs(x) > 3.442619855899; }));
  EXPECT_NEAR(beyond, 576, 100);
  EXPECT_GT(values.back(), 4.2f);
  EXPECT_LT(values.front(), -4.2f);
}

TEST(RandomFill, MeanAndStdScale) {
  Distribution distribution;
  distribution.mean = 3;
  distribution.std = 0.5;
  const std::vector<float> plain = filled<float>(kFloat32, {}, 1000),
                           scaled = filled<float>(kFloat32, distribution, 1000);
  for (size_t i = 0; i < 1000; ++i) EXPECT_FLOAT_EQ(scaled[i], 3 + 0.5f * plain[i]);
}

TEST(RandomFill, UniformFloatsFillTheirRange) {
  Distribution distribution;
  distribution.kind = Distribution::Kind::kUniform;
  distribution.low = -2;
  distribution.high = 6;
  const std::vector<float> values = filled<float>(kFloat32, distribution);
  double sum = 0;
  for (double x : values) sum += x;
  EXPECT_NEAR(sum / kCount, 2, 0.01);
  EXPECT_GE(*std::min_element(values.begin(), values.end()), -2.0f);
  EXPECT_LT(*std::max_element(values.begin(), values.end()), 6.0f);
}

TEST(RandomFill, UniformIntegersHitEachValueAlike) {
  Distribution distribution;
  distribution.kind = Distribution::Kind::kUniform;
  distribution.integer_low = -3;
  distribution.integer_high = 5;
  std::vector<int> counts(8);
  for (int64_t value : filled<int64_t>(kInt64, distribution, 80'000))
    ++counts.at(static_cast<size_t>(value + 3));
  for (int count : counts) EXPECT_NEAR(count, 10'000, 400);
  const std::vector<int64_t> wide = filled<int64_t>(kInt64, distribution, 64);
  const std::vector<int32_t> narrow = filled<int32_t>(kInt32, distribution, 64);
  EXPECT_TRUE(std::equal(wide.begin(), wide.end(), narrow.begin()));
}

TEST(RandomFill, AnElementIsTheSameHoweverTheTensorIsCut) {
  const std::vector<float> whole = filled<float>(kFloat32, {}, 1003);
  for (uint64_t first : {4u, 400u, 1000u}) {
    const std::vector<float> part = filled<float>(kFloat32, {}, 1003 - first, first);
    EXPECT_TRUE(std::equal(part.begin(), part.end(), whole.begin() + static_cast<std::ptrdiff_t>(first)));
  }
}

TEST(RandomFill, Bfloat16IsTheRoundedFloat32) {
  const std::vector<float> exact = filled<float>(kFloat32, {}, 1000);
  const std::vector<uint16_t> rounded = filled<uint16_t>(kBFloat16, {}, 1000);
  for (size_t i = 0; i < 1000; ++i) {
    const float value = std::bit_cast<float>(uint32_t{rounded[i]} << 16);
    EXPECT_LE(std::abs(value - exact[i]), std::abs(exact[i]) / 256);
  }
}

TEST(RandomFill, NeverChanges) {
  // Checkpoints and samples of earlier runs must come out again; a failure here is a break of
  // reproducibility.
  const std::vector<float> values = filled<float>(kFloat32, {}, 4);
  EXPECT_EQ(values, (std::vector<float>{0x1.1e84cap-2f, -0x1.4213c2p+0f, 0x1.46d492p+1f, -0x1.3a7e14p-3f}));
}

}  // namespace
}  // namespace vernier::core
