#include "kernels/min_max.h"

#include <gtest/gtest.h>

#include "core/kernels/each_target.h"
#include "core/kernels/samples.h"

namespace vernier::core {
namespace {

struct Ranges {
  std::vector<float> lo, hi;
  bool finite = true;
};

Ranges plain_range(const std::vector<float>& x, const ChannelView& view) {
  const auto channels = static_cast<size_t>(view.channels);
  Ranges r{std::vector<float>(channels, kInf), std::vector<float>(channels, -kInf)};
  for (size_t i = 0; i < x.size(); ++i) {
    const size_t c = i / static_cast<size_t>(view.inner) % channels;
    r.finite &= std::isfinite(x[i]);
    if (std::isnan(x[i]) || std::isnan(r.lo[c])) {
      r.lo[c] = r.hi[c] = kNaN;
    } else {
      r.lo[c] = std::min(r.lo[c], x[i]);
      r.hi[c] = std::max(r.hi[c], x[i]);
    }
  }
  return r;
}

void expect_ranges(const std::vector<float>& x, const ChannelView& view, const Ranges& expected,
                   ThreadPool& pool) {
  SCOPED_TRACE(testing::Message() << view.outer << " x " << view.channels << " x " << view.inner
                                  << ", threads " << pool.threads());
  std::vector<float> lo(expected.lo.size()), hi(lo.size());
  EXPECT_EQ(min_max(x.data(), view, lo.data(), hi.data(), pool), expected.finite);
  EXPECT_EQ(first_difference(lo.data(), expected.lo.data(), view.channels), -1);
  EXPECT_EQ(first_difference(hi.data(), expected.hi.data(), view.channels), -1);
}

TEST(MinMax, FindsEveryExtremeInEveryShape) {
  ThreadPool one(1), two(2), five(5);
  for_each_target([&] {
    for (const ChannelView& view : odd_views()) {
      std::vector<float> x = random_floats(view.elements(), 5.0f, 1);
      // Extremes at the ends, where a loop over vectors forgets them.
      x.back() = -9;
      x.front() = 11;
      const Ranges expected = plain_range(x, view);
      for (ThreadPool* pool : {&one, &two, &five}) expect_ranges(x, view, expected, *pool);
    }
  });
}

TEST(MinMax, NamesNonFiniteElementsWhereverTheyAre) {
  ThreadPool pool(2);
  for_each_target([&] {
    for (const ChannelView& view :
         {ChannelView{1, 1, 71}, ChannelView{1, 3, 29}, ChannelView{19, 5, 1}, ChannelView{33, 2, 3}}) {
      const std::vector<float> x = random_floats(view.elements(), 5.0f, 2);
      for (size_t i = 0; i < x.size(); ++i) {
        for (float bad : {kNaN, -kNaN, kInf, -kInf}) {
          std::vector<float> damaged = x;
          damaged[i] = bad;
          expect_ranges(damaged, view, plain_range(damaged, view), pool);
        }
      }
    }
  });
}

TEST(MinMax, KeepsExtremesOfFloat) {
  ThreadPool pool(1);
  float lo = 0, hi = 0;
  const std::vector<float> wide = {3.4028235e38f, -3.4028235e38f, 1e-45f};
  EXPECT_TRUE(min_max(wide.data(), 3, lo, hi, pool));
  EXPECT_EQ(lo, -3.4028235e38f);
  EXPECT_EQ(hi, 3.4028235e38f);
  const std::vector<float> subnormal = {1e-45f, 1e-39f};
  EXPECT_TRUE(min_max(subnormal.data(), 2, lo, hi, pool));
  EXPECT_EQ(lo, 1e-45f);
  EXPECT_EQ(hi, 1e-39f);
}

TEST(MinMax, HasOneZero) {
  ThreadPool pool(1);
  for (const std::vector<float>& x : {std::vector<float>{0.0f, -0.0f}, {-0.0f, 0.0f}, {-0.0f, -0.0f}}) {
    float lo = 1, hi = 1;
    EXPECT_TRUE(min_max(x.data(), 2, lo, hi, pool));
    EXPECT_EQ(bits_of(lo), 0u);
    EXPECT_EQ(bits_of(hi), 0u);
  }
}

TEST(MinMax, NothingHasAnEmptyRange) {
  ThreadPool pool(2);
  for (const ChannelView& view : {ChannelView{1, 2, 0}, ChannelView{0, 2, 1}}) {
    std::vector<float> lo(2), hi(2);
    EXPECT_TRUE(min_max(nullptr, view, lo.data(), hi.data(), pool));
    EXPECT_EQ(lo, std::vector<float>(2, kInf));
    EXPECT_EQ(hi, std::vector<float>(2, -kInf));
  }
}

}  // namespace
}  // namespace vernier::core
