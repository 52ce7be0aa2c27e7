#include "kernels/histogram.h"

#include <algorithm>
#include <mutex>
#include <vector>

#undef HWY_TARGET_INCLUDE
#define HWY_TARGET_INCLUDE "kernels/histogram.cpp"
#include "hwy/foreach_target.h"
// After foreach_target.
#include "hwy/highway.h"

HWY_BEFORE_NAMESPACE();
namespace vernier::core {
namespace HWY_NAMESPACE {
namespace hn = hwy::HWY_NAMESPACE;

constexpr int64_t kTables = 4;

// Counts x[0, n) in kTables tables of `bins`, one behind the other: neighbours are often equal, and an
// increment would wait for the one before it.
void count_run(const float* x, int64_t n, float bins_per_unit, int64_t bins, uint32_t* tables) {
  const hn::ScalableTag<float> d;
  const hn::RebindToSigned<decltype(d)> di;
  const int64_t lanes = static_cast<int64_t>(hn::Lanes(d));
  const auto factor = hn::Set(d, bins_per_unit);
  const int64_t half = bins / 2;
  const auto middle = hn::Set(d, static_cast<float>(half));
  const auto last = hn::Set(d, static_cast<float>(bins - 1));
  constexpr int64_t kBlock = 512;
  HWY_ALIGN int32_t places[kBlock];
  for (int64_t begin = 0; begin < n; begin += kBlock) {
    const int64_t length = std::min(kBlock, n - begin);
    const float* from = x + begin;
    int64_t i = 0;
    for (; i + lanes <= length; i += lanes) {
      const auto place = hn::MulAdd(hn::LoadU(d, from + i), factor, middle);
      hn::Store(hn::ConvertTo(di, hn::Min(hn::Max(place, hn::Zero(d)), last)), di, places + i);
    }
    for (; i < length; ++i) {
      const float place = from[i] * bins_per_unit + static_cast<float>(half);
      places[i] = static_cast<int32_t>(std::min(std::max(place, 0.0f), static_cast<float>(bins - 1)));
    }
    i = 0;
    for (; i + kTables <= length; i += kTables) {
      for (int64_t k = 0; k < kTables; ++k) ++tables[k * bins + places[i + k]];
    }
    for (; i < length; ++i) ++tables[places[i]];
  }
}

}  // namespace HWY_NAMESPACE
}  // namespace vernier::core
HWY_AFTER_NAMESPACE();

#if HWY_ONCE
namespace vernier::core {
namespace {

HWY_EXPORT(count_run);

using HWY_NAMESPACE::kTables;  // the same for each target

constexpr int64_t kLeast = 32 * 1024;  // elements below which a second thread does not pay for its tables
constexpr int64_t kMost = int64_t{1} << 31;  // elements after which a 32-bit count could overflow

}  // namespace

void add_to_histogram(const float* x, int64_t n, float limit, uint64_t* counts, int64_t bins,
                      ThreadPool& pool) {
  const int64_t half = bins / 2;
  const float bins_per_unit = static_cast<float>(half) / limit;
  const int64_t share = std::clamp((n - 1) / pool.threads() + 1, kLeast, kMost);
  std::mutex mutex;
  // Counts add up to the same in any order, so the shares may depend on the number of threads.
  pool.parallel_for(0, n, share, [&](int64_t first, int64_t end) {
    std::vector<uint32_t> tables(static_cast<size_t>(kTables * bins));
    HWY_DYNAMIC_DISPATCH(count_run)(x + first, end - first, bins_per_unit, bins, tables.data());
    const std::lock_guard lock(mutex);
    for (int64_t table = 0; table < kTables; ++table) {
      const uint32_t* from = tables.data() + table * bins;
      for (int64_t i = 0; i < bins; ++i) counts[i] += from[i];
    }
  });
}

}  // namespace vernier::core
#endif  // HWY_ONCE
