#include "kernels/min_max.h"

#include <algorithm>
#include <cmath>
#include <limits>
#include <vector>

#include "kernels/thread_pool.h"

namespace vernier::core {

namespace {

constexpr int64_t kGrain = 1 << 16;

struct Range {
  float low = std::numeric_limits<float>::infinity();
  float high = -std::numeric_limits<float>::infinity();
  bool has_nan = false;
};

void join(Range& range, float value) {
  range.has_nan |= std::isnan(value);
  range.low = value < range.low ? value : range.low;
  range.high = value > range.high ? value : range.high;
}

void finish(const Range& range, float& low, float& high) {
  low = range.has_nan ? std::numeric_limits<float>::quiet_NaN() : range.low;
  high = range.has_nan ? std::numeric_limits<float>::quiet_NaN() : range.high;
}

}  // namespace

void min_max(const float* x, int64_t n, float& low, float& high, ThreadPool& pool) {
  std::vector<Range> parts(static_cast<size_t>((n + kGrain - 1) / kGrain));
  pool.parallel_for(n, kGrain, [&](int64_t chunk, int64_t begin, int64_t end) {
    for (int64_t i = begin; i < end; ++i) join(parts[chunk], x[i]);
  });
  Range all;
  for (const Range& part : parts) {
    all.low = std::min(all.low, part.low);
    all.high = std::max(all.high, part.high);
    all.has_nan |= part.has_nan;
  }
  finish(all, low, high);
}

void min_max_channels(const float* x, int64_t outer, int64_t channels, int64_t inner, float* low, float* high, ThreadPool& pool) {
  pool.parallel_for(channels, std::max<int64_t>(1, kGrain / std::max<int64_t>(1, outer * inner)), [&](int64_t, int64_t begin, int64_t end) {
    for (int64_t c = begin; c < end; ++c) {
      Range range;
      for (int64_t o = 0; o < outer; ++o) {
        for (int64_t i = 0; i < inner; ++i) join(range, x[(o * channels + c) * inner + i]);
      }
      finish(range, low[c], high[c]);
    }
  });
}

}  // namespace vernier::core
