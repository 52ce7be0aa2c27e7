#include "program/steps/masks.h"

#include <gmock/gmock.h>

#include "core/program/small_tensors.h"
#include "support/expect_error.h"

namespace vernier::core::steps {
namespace {

using namespace core::testing;

// '.' seen, '#' hidden, a row of keys for each query.
std::string drawing(const Tensor& mask, float depth) {
  std::string text;
  const int64_t keys = mask.shape.back();
  for (int64_t i = 0; i < mask.elements(); ++i) {
    const float value = mask.as<float>()[i];
    text += value == 0 ? '.' : value == -depth ? '#' : '?';
    if ((i + 1) % keys == 0 && i + 1 < mask.elements()) text += '/';
  }
  return text;
}

TEST(CausalMask, HidesWhatComesLaterAndWhatTheWindowLeaves) {
  EXPECT_EQ(drawing(causal_mask({1, 1, 3, 3}, 0, 0, 200), 200), ".##/..#/...");
  EXPECT_EQ(drawing(causal_mask({4, 4}, 0, 2, 200), 200), ".###/..##/#..#/##..");
  EXPECT_EQ(drawing(causal_mask({1, 4, 4}, 0, 1, 200), 200), ".###/#.##/##.#/###.");
  EXPECT_EQ(drawing(causal_mask({2, 5}, 3, 0, 200), 200), "....#/.....");
  EXPECT_EQ(drawing(causal_mask({2, 5}, 3, 3, 200), 200), "#...#/##...");
  EXPECT_EQ(causal_mask({1, 1, 3, 3}, 0, 0, 200).shape, (Shape{1, 1, 3, 3}));
}

TEST(CausalMask, LowersByTheDepthRoundedOnce) {
  EXPECT_EQ(causal_mask({1, 2}, 0, 0, 0.1).as<float>()[1], -0.1F);
  EXPECT_FALSE(std::signbit(causal_mask({1, 2}, 0, 0, 0.1).as<float>()[0]));
}

TEST(CacheMask, SeesWhatSlotsHoldAndItself) {
  EXPECT_EQ(drawing(cache_mask({1, 1, 1, 5}, 0, 0, 0, 200), 200), "####.");
  EXPECT_EQ(drawing(cache_mask({1, 1, 5}, 2, 0, 0, 200), 200), "..##.");
  EXPECT_EQ(drawing(cache_mask({5}, 4, 0, 0, 200), 200), ".....");
  // Of a window of 3 the token itself and two before it.
  EXPECT_EQ(drawing(cache_mask({5}, 4, 3, 0, 200), 200), "##...");
  EXPECT_EQ(drawing(cache_mask({5}, 3, 3, 0, 200), 200), "#..#.");
  EXPECT_EQ(drawing(cache_mask({5}, 1, 3, 0, 200), 200), ".###.");
  EXPECT_EQ(drawing(cache_mask({5}, 4, 1, 0, 200), 200), "####.");
}

TEST(CacheMask, KnowsWhatARingHolds) {
  // A ring of 3 in 4 slots. Position p lies in slot p mod 3.
  const struct {
    int64_t past, window;
    const char* wanted;
  } rows[] = {{0, 0, "####."},
              {1, 0, ".###."},
              {2, 0, "..##."},
              {3, 0, "...#."},
              {4, 0, "...#."},
              // past 4: slots hold 3, 1, 2; a window of 3 sees 2 and 3.
              {4, 3, ".#.#."},
              // past 5: 3, 4, 2.
              {5, 3, "..##."},
              // past 6: 3, 4, 5.
              {6, 3, "#..#."},
              {6, 2, "##.#."},
              {1000000000, 0, "...#."}};
  for (const auto& row : rows)
    EXPECT_EQ(drawing(cache_mask({5}, row.past, row.window, 3, 200), 200), row.wanted)
        << row.past << " " << row.window;
}

TEST(CacheMask, IsTheLastRowOfTheCausalMask) {
  for (const int64_t window : {0, 1, 3, 6}) {
    for (int64_t past = 0; past < 6; ++past) {
      const Tensor all = causal_mask({7, 7}, 0, window, 200);
      const Tensor one = cache_mask({7}, past, window, 0, 200);
      for (int64_t slot = 0; slot < past; ++slot)
        EXPECT_EQ(one.as<float>()[slot], all.as<float>()[past * 7 + slot])
            << window << " " << past << " " << slot;
    }
  }
}

TEST(CacheMask, RefusesMoreThanTheSlotsHold) {
  test::expect_error(ErrorKind::kData, "a cache of 4 slots cannot hold 5 tokens",
                     [] { (void)cache_mask({5}, 5, 0, 0, 200); });
  test::expect_error(ErrorKind::kData, "a cache of 4 slots cannot hold -1 tokens",
                     [] { (void)cache_mask({5}, -1, 0, 3, 200); });
}

}  // namespace
}  // namespace vernier::core::steps
