#include "kernels/channel_view.h"

#include <gtest/gtest.h>

#include <array>
#include <vector>

#include "support/expect_error.h"
#include "vernier/core/error.h"

namespace vernier::core {
namespace {

std::array<int64_t, 3> view_of(const Shape& shape, int64_t axis) {
  const ChannelView view = ChannelView::of(shape, axis);
  return {view.outer, view.channels, view.inner};
}

TEST(ChannelView, FindsTheAxis) {
  using View = std::array<int64_t, 3>;
  EXPECT_EQ(view_of({2, 3, 4}, -1), (View{1, 1, 24}));
  EXPECT_EQ(view_of({2, 3, 4}, 0), (View{1, 2, 12}));
  EXPECT_EQ(view_of({2, 3, 4}, 1), (View{2, 3, 4}));
  EXPECT_EQ(view_of({2, 3, 4}, 2), (View{6, 4, 1}));
  EXPECT_EQ(view_of({}, -1), (View{1, 1, 1}));
  EXPECT_EQ(view_of({8, 1, 4}, 1), (View{1, 1, 32})) << "one channel is one long run";
  EXPECT_EQ(view_of({0, 3}, 1), (View{0, 3, 1}));
  for (int64_t axis : {-2, 3})
    test::expect_error(ErrorKind::kInternal, std::to_string(axis), [&] { (void)view_of({2, 3, 4}, axis); });
}

using Runs = std::vector<std::array<int64_t, 3>>;  // first, count, channel

Runs runs_of(const ChannelView& view, int64_t first, int64_t last) {
  Runs runs;
  view.for_each_run(first, last, [&](int64_t begin, int64_t count, int64_t channel) {
    runs.push_back({begin, count, channel});
  });
  return runs;
}

TEST(ChannelView, CutsWhereTheChannelChanges) {
  EXPECT_EQ(runs_of({2, 2, 3}, 0, 12), (Runs{{0, 3, 0}, {3, 3, 1}, {6, 3, 0}, {9, 3, 1}}));
  EXPECT_EQ(runs_of({2, 2, 3}, 4, 10), (Runs{{4, 2, 1}, {6, 3, 0}, {9, 1, 1}}));
  EXPECT_EQ(runs_of({1, 1, 8}, 2, 6), (Runs{{2, 4, 0}}));
  EXPECT_EQ(runs_of({3, 4, 1}, 2, 11), (Runs{{2, 2, 2}, {4, 4, 0}, {8, 3, 0}}))
      << "along rows where the channels are neighbours";
  EXPECT_EQ(runs_of({2, 2, 3}, 5, 5), Runs{});
}

}  // namespace
}  // namespace vernier::core
