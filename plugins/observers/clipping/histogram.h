// Counts of a tensor's elements in equal bins around 0. The range doubles when an element lies outside and
// neighbouring bins are then added up, so the counts do not depend on the order of the tensors.
#pragma once

#include <vernier/observer.h>

#include <algorithm>
#include <cmath>
#include <cstddef>
#include <cstdint>
#include <utility>
#include <vector>

class Histogram {
 public:
  static constexpr size_t kBins = 8192;
  static constexpr size_t kMiddle = kBins / 2;  // the bin whose lower edge is 0

  void clear() { counts_.clear(); }
  [[nodiscard]] bool empty() const { return counts_.empty(); }

  // `low` and `high`: the least and the greatest of the finite elements.
  void add(const vernier_kernels_interface& kernels, const vernier_tensor& x, float low, float high) {
    reach(std::max(std::fabs(low), std::fabs(high)));
    low_ = std::min(low_, low);
    high_ = std::max(high_, high);
    vernier::check(kernels.histogram(vernier::host_context(), &x, limit_, counts_.data(), kBins));
  }

  void save(vernier::StateWriter& state) const {
    state.add(&limit_, 1).add(&low_, 1).add(&high_, 1).add(counts_.data(), counts_.size());
  }
  // Throws VERNIER_DATA_LOSS for numbers that no histogram has.
  void load(vernier::StateReader& state) {
    Histogram read;
    state.read(&read.limit_, 1);
    state.read(&read.low_, 1);
    state.read(&read.high_, 1);
    read.counts_.resize(kBins);
    state.read(read.counts_.data(), kBins);
    int exponent = 0;
    const bool is_power = std::isfinite(read.limit_) && std::frexp(read.limit_, &exponent) == 0.5f;
    const bool is_inside =
        read.low_ <= 0 && read.high_ >= 0 && read.low_ >= -read.limit_ && read.high_ <= read.limit_;
    if (!is_power || !is_inside) throw vernier::Error(VERNIER_DATA_LOSS, "the kept histogram is none");
    *this = std::move(read);
  }

  [[nodiscard]] const std::vector<uint64_t>& counts() const { return counts_; }
  [[nodiscard]] float low() const { return low_; }
  [[nodiscard]] float high() const { return high_; }
  [[nodiscard]] double width() const { return 2.0 * static_cast<double>(limit_) / kBins; }
  [[nodiscard]] double edge(size_t bin) const {
    return (static_cast<double>(bin) - kMiddle) * width();
  }  // lower edge

 private:
  void reach(float magnitude) {
    const bool is_first = counts_.empty();
    if (is_first) {
      counts_.assign(kBins, 0);
      limit_ = 0x1p-100f;
      low_ = high_ = 0;  // a range of codes contains 0
    }
    for (; limit_ < magnitude; limit_ *= 2) {
      if (is_first) continue;  // nothing was counted yet
      std::vector<uint64_t> merged(kBins, 0);
      for (size_t i = 0; i < kBins; ++i) merged[i / 2 + kBins / 4] += counts_[i];
      counts_.swap(merged);
    }
  }

  std::vector<uint64_t> counts_;  // bin i begins at (i - kMiddle) * width
  float limit_ = 0;               // a power of two
  float low_ = 0;
  float high_ = 0;
};
