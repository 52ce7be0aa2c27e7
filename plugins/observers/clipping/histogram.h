// Counts of a tensor's elements in equal bins around 0. The range doubles when an element lies outside and neighbouring bins are then
// added up, so the counts do not depend on the order of the tensors.
#pragma once

#include <algorithm>
#include <array>
#include <cmath>
#include <cstddef>
#include <cstdint>
#include <vector>

class Histogram {
 public:
  static constexpr size_t kBins = 8192;
  static constexpr int64_t kBlock = 256;

  void clear() { counts_.clear(); }
  bool empty() const { return counts_.empty(); }

  // `low` and `high`: the least and the greatest of the `count` finite elements.
  void add(const float* x, int64_t count, float low, float high) {
    reach(std::max(std::fabs(low), std::fabs(high)));
    low_ = std::min(low_, low);
    high_ = std::max(high_, high);
    const float bins_per_unit = static_cast<float>(kBins / 2) / limit_;
    std::array<int32_t, kBlock> places;
    for (int64_t begin = 0; begin < count; begin += kBlock) {
      const int64_t length = std::min(kBlock, count - begin);
      // By itself, so that the compiler can take several elements at once.
      for (int64_t i = 0; i < length; ++i) {
        const float place = x[begin + i] * bins_per_unit + static_cast<float>(kBins / 2);
        places[static_cast<size_t>(i)] = static_cast<int32_t>(std::min(std::max(place, 0.0f), static_cast<float>(kBins - 1)));
      }
      // Two tables: neighbours are often equal, and an increment would wait for the one before it.
      int64_t i = 0;
      for (; i + 1 < length; i += 2) {
        ++recent_[static_cast<size_t>(places[static_cast<size_t>(i)])];
        ++recent_[kBins + static_cast<size_t>(places[static_cast<size_t>(i + 1)])];
      }
      if (i < length) ++recent_[static_cast<size_t>(places[static_cast<size_t>(i)])];
      uncounted_ += length;
      if (uncounted_ > int64_t{1} << 31) settle();
    }
  }

  const std::vector<uint64_t>& counts() const {
    settle();
    return counts_;
  }
  float low() const { return low_; }
  float high() const { return high_; }
  double width() const { return 2.0 * static_cast<double>(limit_) / kBins; }
  double edge(size_t bin) const { return (static_cast<double>(bin) - kBins / 2) * width(); }  // lower edge

 private:
  void reach(float magnitude) {
    if (counts_.empty()) {
      counts_.assign(kBins, 0);
      recent_.assign(2 * kBins, 0);
      uncounted_ = 0;
      limit_ = 0x1p-100f;
      low_ = high_ = 0;  // a range of codes contains 0
    }
    if (limit_ < magnitude) settle();
    while (limit_ < magnitude) {
      std::vector<uint64_t> merged(kBins, 0);
      for (size_t i = 0; i < kBins; ++i) merged[i / 2 + kBins / 4] += counts_[i];
      counts_.swap(merged);
      limit_ *= 2;
    }
  }

  // What the small tables hold goes to the counts.
  void settle() const {
    if (uncounted_ == 0) return;
    for (size_t i = 0; i < kBins; ++i) counts_[i] += uint64_t{recent_[i]} + recent_[kBins + i];
    std::fill(recent_.begin(), recent_.end(), 0u);
    uncounted_ = 0;
  }

  mutable std::vector<uint32_t> recent_;  // two tables, not yet in counts_
  mutable int64_t uncounted_ = 0;
  mutable std::vector<uint64_t> counts_;  // bin i begins at (i - kBins / 2) * width
  float limit_ = 0;               // a power of two
  float low_ = 0;
  float high_ = 0;
};
