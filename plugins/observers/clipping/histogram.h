// Counts of a tensor's elements in equal bins around 0. The range doubles when an element lies outside and neighbouring bins are then
// added up, so the counts do not depend on the order of the tensors.
#pragma once

#include <algorithm>
#include <cmath>
#include <cstddef>
#include <cstdint>
#include <vector>

class Histogram {
 public:
  static constexpr size_t kBins = 8192;

  void clear() { counts_.clear(); }
  bool empty() const { return counts_.empty(); }

  // `low` and `high`: the least and the greatest of the `count` finite elements.
  void add(const float* x, int64_t count, float low, float high) {
    reach(std::max(std::fabs(low), std::fabs(high)));
    low_ = std::min(low_, low);
    high_ = std::max(high_, high);
    const float bins_per_unit = static_cast<float>(kBins / 2) / limit_;
    for (int64_t i = 0; i < count; ++i) {
      const auto place = static_cast<int64_t>(x[i] * bins_per_unit + static_cast<float>(kBins / 2));
      ++counts_[static_cast<size_t>(std::clamp<int64_t>(place, 0, kBins - 1))];
    }
  }

  const std::vector<uint64_t>& counts() const { return counts_; }
  float low() const { return low_; }
  float high() const { return high_; }
  double width() const { return 2.0 * static_cast<double>(limit_) / kBins; }
  double edge(size_t bin) const { return (static_cast<double>(bin) - kBins / 2) * width(); }  // lower edge

 private:
  void reach(float magnitude) {
    if (counts_.empty()) {
      counts_.assign(kBins, 0);
      limit_ = 0x1p-100f;
      low_ = high_ = 0;  // a range of codes contains 0
    }
    while (limit_ < magnitude) {
      std::vector<uint64_t> merged(kBins, 0);
      for (size_t i = 0; i < kBins; ++i) merged[i / 2 + kBins / 4] += counts_[i];
      counts_.swap(merged);
      limit_ *= 2;
    }
  }

  std::vector<uint64_t> counts_;  // bin i begins at (i - kBins / 2) * width
  float limit_ = 0;               // a power of two
  float low_ = 0;
  float high_ = 0;
};
