#include "quantization/zero_codes.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "support/tensors.h"

namespace vernier::core {
namespace {

using test::floats;
using ::testing::ElementsAre;
using ::testing::IsEmpty;

QParams grid(int64_t axis, std::vector<float> scale) {
  QParams qparams;
  qparams.dtype = kInt8;
  qparams.axis = axis;
  qparams.zero_point.assign(scale.size(), 0);
  qparams.scale = std::move(scale);
  return qparams;
}

struct Case {
  const char* what;
  Shape shape;
  std::vector<float> values;
  int64_t axis;
  std::vector<float> scale;
  std::vector<int64_t> channels;
  bool is_whole;
  float greatest;
};

TEST(ZeroCodes, FindsChannelsThatAreLost) {
  const Case cases[] = {
      {"healthy", {2, 2}, {1, 0, 0, 1}, 0, {1, 1}, {}, false, 0},
      {"a channel that is zero has nothing to lose", {2, 2}, {1, 0, 0, 0}, 0, {1, 1}, {}, false, 0},
      {"all zero", {2, 2}, {0, 0, 0, 0}, 0, {1, 1}, {}, false, 0},
      {"less than half a step", {2, 2}, {1, 0, 0.4f, -0.3f}, 0, {1, 1}, {1}, false, 0.4f},
      {"half a step rounds to even", {2, 1}, {1, -0.5f}, 0, {1, 1}, {1}, false, 0.5f},
      {"just more than half", {2, 1}, {1, -0.50001f}, 0, {1, 1}, {}, false, 0},
      {"the last axis", {2, 3}, {1, 0.1f, 0, 1, 0.2f, 0}, 1, {1, 1, 1}, {1}, false, 0.2f},
      {"in the second row only", {2, 2}, {0, 0.1f, 9, 0.1f}, 1, {1, 1}, {1}, false, 0.1f},
      {"lost or zero everywhere", {2, 2}, {0, 0, 1e-3f, 0}, 0, {1, 1}, {1}, true, 1e-3f},
      {"one scale", {4}, {1e-9f, -2e-9f, 0, 0}, -1, {1e-8f}, {0}, true, 2e-9f},
      {"one scale, one value left", {4}, {1e-9f, 0, 0, 1e-8f}, -1, {1e-8f}, {}, false, 0},
  };
  for (const Case& one : cases) {
    const ZeroCodes found = zero_codes(
        one.shape, grid(one.axis, one.scale),
        [&](int64_t first, int64_t count, float* to) { std::copy_n(&one.values[first], count, to); });
    EXPECT_EQ(found.channels, one.channels) << one.what;
    EXPECT_EQ(found.is_whole, one.is_whole) << one.what;
    EXPECT_EQ(found.greatest, one.greatest) << one.what;
  }
}

// Longer than what is read at once: the only value that is not lost may stand anywhere, and what stands
// behind it is left alone.
TEST(ZeroCodes, ReadsAChannelUpToItsFirstValueThatIsNotLost) {
  constexpr int64_t kLength = 3 * 4096 + 100;
  for (const int64_t axis : {int64_t{0}, int64_t{1}, int64_t{-1}}) {
    for (const int64_t place : {int64_t{0}, int64_t{63}, int64_t{64}, int64_t{4160}, kLength - 1, kLength}) {
      const Shape shape = axis == 1 ? Shape{kLength, 2} : Shape{axis == 0 ? 2 : 1, kLength};
      int64_t read = 0;
      const auto value_at = [&](int64_t i) {
        const int64_t channel = axis == 1 ? i % 2 : i / kLength, along = axis == 1 ? i / 2 : i % kLength;
        return channel == 0 && along == place ? 9.0f : 0.25f;
      };
      const ZeroCodes found = zero_codes(shape, grid(axis, std::vector<float>(axis < 0 ? 1 : 2, 1)),
                                         [&](int64_t first, int64_t count, float* to) {
                                           EXPECT_LE(count, 4096);
                                           for (int64_t i = 0; i < count; ++i) to[i] = value_at(first + i);
                                           read += count;
                                         });
      const bool is_alive = place < kLength;
      std::vector<int64_t> lost;
      if (!is_alive) lost.push_back(0);
      if (axis >= 0) lost.push_back(1);
      EXPECT_EQ(found.channels, lost) << axis << " " << place;
      EXPECT_EQ(found.is_whole, !is_alive) << axis << " " << place;
      EXPECT_EQ(found.greatest, lost.empty() ? 0 : 0.25f);
      if (axis == -1 && is_alive) {
        EXPECT_LT(read, place + 4096 + 64);
      }
      EXPECT_LE(read, element_count(shape));
    }
  }
}

}  // namespace
}  // namespace vernier::core
