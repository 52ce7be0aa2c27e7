#include "quantization/affine.h"

#include <algorithm>
#include <cmath>

#include "vernier/core/error.h"

namespace vernier::core {

namespace {

constexpr float kSmallestScale = 1e-8f;

struct Pair {
  float scale;
  int32_t zero_point;
};

Pair symmetric(float low, float high, float qmax) { return {std::max(std::max(std::abs(low), std::abs(high)) / qmax, kSmallestScale), 0}; }

// One value C everywhere: code 1 (or qmax - 1 below zero) stands for it exactly.
Pair constant(float value, int32_t qmax) {
  if (std::abs(value) <= 1e-8f) return {1.0f, 0};
  return {std::max(std::abs(value), kSmallestScale), value > 0 ? 0 : qmax};
}

Pair asymmetric(float low, float high, float qmin, float qmax) {
  float range = high - low;
  if (low > 0) range = high;
  if (high < 0) range = -low;
  const float scale = std::max(range / (qmax - qmin), kSmallestScale);
  const float zero = std::nearbyint(qmin - low / scale);
  return {scale, static_cast<int32_t>(std::min(std::max(zero, qmin), qmax))};
}

}  // namespace

void affine_qparams(DType dtype, Scheme scheme, bool one_scale, std::span<const float> low, std::span<const float> high, std::span<float> scale,
                    std::span<int32_t> zero_point) {
  const auto qmin = static_cast<float>(dtype.qmin()), qmax = static_cast<float>(dtype.qmax());
  for (size_t i = 0; i < low.size(); ++i) {
    if (!std::isfinite(low[i]) || !std::isfinite(high[i])) throw data_error("a range that is not finite has no qparams");
    if (low[i] > high[i]) throw data_error("nothing was collected");
    Pair pair{};
    if (scheme == Scheme::kSymmetric) pair = symmetric(low[i], high[i], qmax);
    else if (one_scale && high[i] - low[i] < 1e-8f) pair = constant(low[i], static_cast<int32_t>(dtype.qmax()));
    else pair = asymmetric(low[i], high[i], qmin, qmax);
    scale[i] = pair.scale;
    zero_point[i] = pair.zero_point;
  }
}

}  // namespace vernier::core
