#include "quantization/zero_codes.h"

#include <algorithm>
#include <cmath>

#include "kernels/channel_view.h"

namespace vernier::core {

ZeroCodes zero_codes(const Tensor& values, const QParams& qparams) {
  const ChannelView view = ChannelView::of(values.shape, qparams.axis);
  const auto channels = static_cast<size_t>(view.channels);
  std::vector<char> is_alive(channels, 0);
  std::vector<float> greatest(channels, 0);
  size_t alive = 0;
  const float* x = values.as<float>();
  for (int64_t o = 0; o < view.outer && alive < channels; ++o) {
    for (size_t c = 0; c < channels; ++c) {
      if (is_alive[c]) continue;
      const float* run = x + (o * view.channels + static_cast<int64_t>(c)) * view.inner;
      const float inverse = 1.0f / qparams.scale[qparams.scale.size() == 1 ? 0 : c];
      for (int64_t i = 0; i < view.inner && !is_alive[c]; ++i) {
        // Half a step rounds to the even code, 0.
        is_alive[c] = std::fabs(run[i] * inverse) > 0.5f;
        greatest[c] = std::max(greatest[c], std::fabs(run[i]));
      }
      alive += is_alive[c] ? 1 : 0;
    }
  }
  ZeroCodes result;
  for (size_t c = 0; c < channels; ++c) {
    if (is_alive[c] || greatest[c] == 0) continue;
    result.channels.push_back(static_cast<int64_t>(c));
    result.greatest = std::max(result.greatest, greatest[c]);
  }
  result.is_whole = alive == 0 && !result.channels.empty();
  return result;
}

}  // namespace vernier::core
