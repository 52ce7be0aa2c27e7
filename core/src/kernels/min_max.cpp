#include "kernels/min_max.h"

#include <algorithm>
#include <atomic>
#include <cmath>
#include <limits>
#include <vector>

#undef HWY_TARGET_INCLUDE
#define HWY_TARGET_INCLUDE "kernels/min_max.cpp"
#include "hwy/foreach_target.h"
// After foreach_target.
#include "hwy/highway.h"

HWY_BEFORE_NAMESPACE();
namespace vernier::core {
namespace HWY_NAMESPACE {
namespace hn = hwy::HWY_NAMESPACE;

// Running bounds. A NaN or an infinity turns `poison` into NaN (x * 0), at the cost of one multiply-add; what
// min and max make of a NaN differs between machines and does not matter, for the caller starts over.
template <class D>
struct Bounds {
  hn::Vec<D> lo, hi, poison;

  explicit HWY_INLINE Bounds(D d)
      : lo(hn::Set(d, std::numeric_limits<float>::infinity())), hi(hn::Neg(lo)), poison(hn::Zero(d)) {}
  HWY_INLINE void add(D d, const float* x) {
    const auto v = hn::LoadU(d, x);
    lo = hn::Min(v, lo);
    hi = hn::Max(v, hi);
    poison = hn::MulAdd(v, hn::Zero(d), poison);
  }
  HWY_INLINE void add(const Bounds& other) {
    lo = hn::Min(other.lo, lo);
    hi = hn::Max(other.hi, hi);
    poison = hn::Add(other.poison, poison);
  }
  HWY_INLINE bool finite(D d) const { return hn::AllTrue(d, hn::Eq(poison, poison)); }
};

// Range of n contiguous elements; four accumulators hide the latency of min and max.
bool run_range(const float* x, int64_t n, float* lo, float* hi) {
  const hn::ScalableTag<float> d;
  const int64_t lanes = static_cast<int64_t>(hn::Lanes(d));
  Bounds<decltype(d)> a(d), b(d), c(d), e(d);
  int64_t i = 0;
  for (; i + 4 * lanes <= n; i += 4 * lanes) {
    a.add(d, x + i);
    b.add(d, x + i + lanes);
    c.add(d, x + i + 2 * lanes);
    e.add(d, x + i + 3 * lanes);
  }
  for (; i + lanes <= n; i += lanes) a.add(d, x + i);
  a.add(b);
  c.add(e);
  a.add(c);
  bool finite = a.finite(d);
  *lo = hn::GetLane(hn::MinOfLanes(d, a.lo));
  *hi = hn::GetLane(hn::MaxOfLanes(d, a.hi));
  for (; i < n; ++i) {
    finite &= std::isfinite(x[i]);
    *lo = std::min(*lo, x[i]);
    *hi = std::max(*hi, x[i]);
  }
  return finite;
}

// Widens the bounds of neighbouring columns by four rows at once, so that they are loaded and stored less
// often. Each row has its own poison: one for all would be a chain of dependent multiply-adds, longer than
// all the rest.
template <class D>
class ColumnBounds {
 public:
  explicit HWY_INLINE ColumnBounds(D d)
      : d_(d), zero_(hn::Zero(d)), a_(zero_), b_(zero_), c_(zero_), e_(zero_) {}
  HWY_INLINE void widen(const float* a, const float* b, const float* c, const float* e, float* lo,
                        float* hi) {
    const auto va = hn::LoadU(d_, a), vb = hn::LoadU(d_, b), vc = hn::LoadU(d_, c), ve = hn::LoadU(d_, e);
    hn::StoreU(hn::Min(hn::Min(hn::Min(va, vb), hn::Min(vc, ve)), hn::LoadU(d_, lo)), d_, lo);
    hn::StoreU(hn::Max(hn::Max(hn::Max(va, vb), hn::Max(vc, ve)), hn::LoadU(d_, hi)), d_, hi);
    a_ = hn::MulAdd(va, zero_, a_);
    b_ = hn::MulAdd(vb, zero_, b_);
    c_ = hn::MulAdd(vc, zero_, c_);
    e_ = hn::MulAdd(ve, zero_, e_);
  }
  HWY_INLINE bool finite() const {
    const auto poison = hn::Add(hn::Add(a_, b_), hn::Add(c_, e_));
    return hn::AllTrue(d_, hn::Eq(poison, poison));
  }

 private:
  D d_;
  hn::Vec<D> zero_, a_, b_, c_, e_;
};

// Ranges of the columns of a [rows, columns] block whose rows lie `stride` elements apart.
bool column_ranges(const float* x, int64_t rows, int64_t columns, int64_t stride, float* lo, float* hi) {
  const hn::ScalableTag<float> d;
  const hn::CappedTag<float, 1> one;
  const int64_t lanes = static_cast<int64_t>(hn::Lanes(d));
  ColumnBounds<decltype(d)> many(d);
  ColumnBounds<decltype(one)> single(one);
  std::fill_n(lo, columns, std::numeric_limits<float>::infinity());
  std::fill_n(hi, columns, -std::numeric_limits<float>::infinity());
  for (int64_t row = 0; row < rows; row += 4) {
    // Past the end, the last row again: it changes nothing.
    const float* a = x + row * stride;
    const float* b = x + std::min(row + 1, rows - 1) * stride;
    const float* c = x + std::min(row + 2, rows - 1) * stride;
    const float* e = x + std::min(row + 3, rows - 1) * stride;
    int64_t i = 0;
    for (; i + lanes <= columns; i += lanes) many.widen(a + i, b + i, c + i, e + i, lo + i, hi + i);
    for (; i < columns; ++i) single.widen(a + i, b + i, c + i, e + i, lo + i, hi + i);
  }
  return many.finite() && single.finite();
}

}  // namespace HWY_NAMESPACE
}  // namespace vernier::core
HWY_AFTER_NAMESPACE();

#if HWY_ONCE
namespace vernier::core {
namespace {

HWY_EXPORT(run_range);
HWY_EXPORT(column_ranges);

// Sizes fix the chunks, hence they never depend on the machine.
constexpr int64_t kChunk = 64 * 1024;  // elements that one call of run_range reads
constexpr int64_t kColumnChunk =
    256 * 1024;  // elements that one call of column_ranges reads: its bounds have to be folded
constexpr int64_t kTile = 2048;     // columns whose bounds stay in the first-level cache
constexpr int64_t kShortRun = 256;  // below, runs are cheaper as columns, where there are enough rows
constexpr int64_t kNarrow = 64;     // columns below which several rows are laid side by side

struct Ranges {
  explicit Ranges(int64_t n) : lo(static_cast<size_t>(n)), hi(static_cast<size_t>(n)) {}
  std::vector<float> lo, hi;
};

void widen(float& lo, float& hi, float other_lo, float other_hi) {
  lo = std::min(lo, other_lo);
  hi = std::max(hi, other_hi);
}

// Channels whose elements lie together in runs of `inner`. A long run is cut in pieces.
bool ranges_of_runs(const float* x, const ChannelView& view, float* lo, float* hi, ThreadPool& pool) {
  const int64_t pieces = (view.inner - 1) / kChunk + 1;
  const int64_t runs = view.outer * view.channels;
  Ranges parts(runs * pieces);
  std::atomic<bool> finite{true};
  pool.parallel_for(0, runs * pieces, std::max<int64_t>(1, kChunk / view.inner),
                    [&](int64_t first, int64_t last) {
                      bool all = true;
                      for (int64_t i = first; i < last; ++i) {
                        const int64_t begin = i % pieces * kChunk;
                        const auto part = static_cast<size_t>(i);
                        all &= HWY_DYNAMIC_DISPATCH(run_range)(x + i / pieces * view.inner + begin,
                                                               std::min(kChunk, view.inner - begin),
                                                               &parts.lo[part], &parts.hi[part]);
                      }
                      if (!all) finite.store(false, std::memory_order_relaxed);
                    });
  for (int64_t i = 0; i < runs * pieces; ++i) {
    const int64_t channel = i / pieces % view.channels;
    widen(lo[channel], hi[channel], parts.lo[static_cast<size_t>(i)], parts.hi[static_cast<size_t>(i)]);
  }
  return finite;
}

// Channels as columns of a [outer, channels * inner] matrix.
bool ranges_of_columns(const float* x, const ChannelView& view, float* lo, float* hi, ThreadPool& pool) {
  const int64_t width = view.channels * view.inner;
  // Rows laid side by side make a narrow matrix wide; those left over at the end are one more block of the
  // plain width.
  const int64_t side_by_side = std::min(view.outer, width < kNarrow ? kNarrow / width + 1 : 1);
  const int64_t columns = width * side_by_side;
  const int64_t rows = view.outer / side_by_side;
  const int64_t tile = std::min(columns, kTile);
  const int64_t tiles = (columns - 1) / tile + 1;
  const int64_t block_rows = std::max<int64_t>(1, kColumnChunk / tile);
  const int64_t blocks = (rows - 1) / block_rows + 1;
  Ranges parts(blocks * columns);
  std::atomic<bool> finite{true};
  pool.parallel_for(0, blocks * tiles, 1, [&](int64_t task, int64_t) {
    const int64_t row = task / tiles * block_rows;
    const int64_t column = task % tiles * tile;
    const auto part = static_cast<size_t>(task / tiles * columns + column);
    if (!HWY_DYNAMIC_DISPATCH(column_ranges)(x + row * columns + column, std::min(block_rows, rows - row),
                                             std::min(tile, columns - column), columns, &parts.lo[part],
                                             &parts.hi[part])) {
      finite.store(false, std::memory_order_relaxed);
    }
  });
  Ranges rest(width);
  const int64_t rest_rows = view.outer - rows * side_by_side;
  const bool rest_finite = HWY_DYNAMIC_DISPATCH(column_ranges)(x + rows * columns, rest_rows, width, width,
                                                               rest.lo.data(), rest.hi.data());

  const auto fold = [&](const Ranges& ranges) {
    const auto end = static_cast<int64_t>(ranges.lo.size());
    for (int64_t begin = 0; begin < end; begin += width) {
      const float* row_lo = ranges.lo.data() + begin;
      const float* row_hi = ranges.hi.data() + begin;
      if (view.inner == 1) {
        for (int64_t i = 0; i < width; ++i) widen(lo[i], hi[i], row_lo[i], row_hi[i]);
      } else {
        for (int64_t i = 0; i < width; ++i)
          widen(lo[i / view.inner], hi[i / view.inner], row_lo[i], row_hi[i]);
      }
    }
  };
  fold(parts);
  fold(rest);
  return finite && rest_finite;
}

// For tensors with a NaN or an infinity, which are about to be refused: plain, and the same on every machine.
void ranges_with_nan(const float* x, const ChannelView& view, float* lo, float* hi) {
  const auto add = [&](int64_t channel, float value) {
    if (std::isnan(value)) lo[channel] = hi[channel] = value;
    if (value < lo[channel]) lo[channel] = value;
    if (value > hi[channel]) hi[channel] = value;
  };
  view.for_each_run(0, view.elements(), [&](int64_t first, int64_t count, int64_t channel) {
    for (int64_t i = 0; i < count; ++i) add(view.inner == 1 ? channel + i : channel, x[first + i]);
  });
}

}  // namespace

bool min_max(const float* x, const ChannelView& view, float* lo, float* hi, ThreadPool& pool) {
  const auto start = [&] {
    std::fill_n(lo, view.channels, std::numeric_limits<float>::infinity());
    std::fill_n(hi, view.channels, -std::numeric_limits<float>::infinity());
  };
  start();
  if (view.elements() == 0) return true;
  const bool columns = view.inner == 1 || (view.inner < kShortRun && view.outer >= 8);
  const bool finite =
      columns ? ranges_of_columns(x, view, lo, hi, pool) : ranges_of_runs(x, view, lo, hi, pool);
  if (!finite) {
    start();
    ranges_with_nan(x, view, lo, hi);
  }
  // -0 + 0 = +0: which of two zeros is the least must not depend on the order in which they were met.
  for (int64_t i = 0; i < view.channels; ++i) {
    lo[i] += 0.0f;
    hi[i] += 0.0f;
  }
  return finite;
}

bool min_max(const float* x, int64_t n, float& lo, float& hi, ThreadPool& pool) {
  return min_max(x, ChannelView{1, 1, n}, &lo, &hi, pool);
}

}  // namespace vernier::core
#endif  // HWY_ONCE
