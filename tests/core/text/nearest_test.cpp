#include "text/nearest.h"

#include <gtest/gtest.h>

namespace vernier::core {
namespace {

TEST(EditDistance, CountsSlips) {
  EXPECT_EQ(edit_distance("minmax", "minmax", 9), 0u);
  EXPECT_EQ(edit_distance("minmx", "minmax", 9), 1u);
  EXPECT_EQ(edit_distance("mnimax", "minmax", 9), 1u);  // a swap of neighbours is one slip
  EXPECT_EQ(edit_distance("kitten", "sitting", 9), 3u);
  EXPECT_EQ(edit_distance("ca", "abc", 9), 3u);  // no edit inside a swapped pair
  EXPECT_EQ(edit_distance("", "abc", 9), 3u);
  EXPECT_EQ(edit_distance("MinMax", "minmax", 9), 0u);
}

TEST(EditDistance, StopsBeyondTheLimit) {
  EXPECT_EQ(edit_distance("kitten", "sitting", 2), 3u);
  EXPECT_EQ(edit_distance("abcdef", "uvwxyz", 1), 2u);
  EXPECT_EQ(edit_distance("xyab", "xyba", 1), 1u);
}

TEST(Nearest, TakesTheClosestAndTheFirstOfEquals) {
  const std::vector<std::string> names = {"identity", "minmax", "ema", "percentile"};
  EXPECT_EQ(nearest("minmx", names), "minmax");
  EXPECT_EQ(nearest("percentil", names), "percentile");
  EXPECT_EQ(nearest("EMA", names), "ema");
  EXPECT_EQ(nearest("em", names), "ema");
  EXPECT_EQ(nearest("bat", {"cat", "rat"}), "cat");
}

TEST(Nearest, SaysNothingWhenNothingIsClose) {
  EXPECT_EQ(nearest("histogram", {"minmax", "ema"}), std::nullopt);
  EXPECT_EQ(nearest("", {"a"}), std::nullopt);
  EXPECT_EQ(nearest("minmax", {}), std::nullopt);
  EXPECT_EQ(nearest(std::string(100000, 'a'), {std::string(100000, 'a')}), std::nullopt);
}

TEST(DidYouMean, IsAHint) {
  EXPECT_EQ(did_you_mean("minmx", {"minmax"}), "did you mean \"minmax\"?");
  EXPECT_EQ(did_you_mean("zzz", {"minmax"}), "");
}

}  // namespace
}  // namespace vernier::core
