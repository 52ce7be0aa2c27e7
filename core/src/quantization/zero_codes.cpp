#include "quantization/zero_codes.h"

#include <algorithm>
#include <cmath>

#include "kernels/channel_view.h"

namespace vernier::core {

namespace {

constexpr int64_t kFirst = 64;    // elements that mostly suffice to see that a channel is not lost
constexpr int64_t kBlock = 4096;  // elements that are read at once

// What is known of each channel so far.
class Channels {
 public:
  Channels(const QParams& qparams, size_t count)
      : qparams_(qparams), is_alive_(count, 0), greatest_(count, 0), lost_(count) {}

  [[nodiscard]] bool is_alive(int64_t channel) const { return is_alive_[static_cast<size_t>(channel)] != 0; }
  [[nodiscard]] bool all_alive() const { return lost_ == 0; }

  void add(int64_t channel, float value) {
    const auto c = static_cast<size_t>(channel);
    greatest_[c] = std::max(greatest_[c], std::fabs(value));
    // Half a step rounds to the even code, 0.
    const float inverse = 1.0f / qparams_.scale[qparams_.scale.size() == 1 ? 0 : c];
    if (is_alive_[c] != 0 || !(std::fabs(value * inverse) > 0.5f)) return;
    is_alive_[c] = 1;
    --lost_;
  }

  [[nodiscard]] ZeroCodes result() const {
    ZeroCodes result;
    for (size_t c = 0; c < is_alive_.size(); ++c) {
      if (is_alive_[c] != 0 || greatest_[c] == 0) continue;
      result.channels.push_back(static_cast<int64_t>(c));
      result.greatest = std::max(result.greatest, greatest_[c]);
    }
    result.is_whole = lost_ == is_alive_.size() && !result.channels.empty();
    return result;
  }

 private:
  const QParams& qparams_;
  std::vector<char> is_alive_;
  std::vector<float> greatest_;
  size_t lost_;
};

}  // namespace

ZeroCodes zero_codes(const Shape& shape, const QParams& qparams, const ReadFloats& read) {
  const ChannelView view = ChannelView::of(shape, qparams);
  Channels channels(qparams, static_cast<size_t>(view.channels));
  std::vector<float> block(kBlock);
  // Neighbours along the last axis are of one channel, or each of its own.
  const bool is_last = view.inner == 1;
  const int64_t length = is_last ? view.channels : view.inner;
  const int64_t runs = view.elements() / std::max<int64_t>(length, 1);
  for (int64_t run = 0; run < runs && !channels.all_alive(); ++run) {
    const int64_t channel = is_last ? 0 : run % view.channels;
    int64_t count = is_last ? kBlock : kFirst;
    for (int64_t i = 0; i < length && (is_last || !channels.is_alive(channel)); i += count) {
      count = std::min(i == 0 ? count : kBlock, length - i);
      read(run * length + i, count, block.data());
      for (int64_t k = 0; k < count; ++k)
        channels.add(is_last ? i + k : channel, block[static_cast<size_t>(k)]);
    }
  }
  return channels.result();
}

}  // namespace vernier::core
