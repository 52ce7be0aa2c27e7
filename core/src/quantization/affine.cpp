#include "quantization/affine.h"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <string>

#include "vernier/core/error.h"

namespace vernier::core {
namespace {

// Floor of every scale. It bounds the scale itself, not the range: far smaller ones push an int32 bias of a
// dead channel past what integer accumulators hold.
constexpr float kMinScale = 1e-8f;
// A tensor whose range is narrower counts as constant, and a constant no greater as zero.
constexpr float kConstant = 1e-8f;

struct Affine {
  float scale;
  int32_t zero_point;
};

Affine symmetric(DType dtype, float lo, float hi) {
  const float greatest = std::max(std::abs(hi), std::abs(lo));
  return {std::max(greatest / static_cast<float>(dtype.qmax()), kMinScale), 0};
}

Affine asymmetric(DType dtype, float lo, float hi) {
  const float qmin = static_cast<float>(dtype.qmin());
  const float qmax = static_cast<float>(dtype.qmax());
  const float range = lo > 0 ? hi : hi < 0 ? -lo : hi - lo;
  const float scale = std::max(range / static_cast<float>(dtype.qmax() - dtype.qmin()), kMinScale);
  return {scale, static_cast<int32_t>(std::clamp(std::nearbyint(qmin - lo / scale), qmin, qmax))};
}

Affine constant(DType dtype, float value) {
  if (std::abs(value) <= kConstant) return {1.0f, 0};
  return {std::max(std::abs(value), kMinScale), value > 0 ? 0 : static_cast<int32_t>(dtype.qmax())};
}

void check_range(Scheme scheme, float lo, float hi, int64_t channel) {
  const bool width_counts = scheme != Scheme::kSymmetric;
  if (lo <= hi && std::isfinite(lo) && std::isfinite(hi) && (!width_counts || std::isfinite(hi - lo))) return;
  const std::string where = channel < 0 ? "" : fmt::format("channel {}", channel);
  if (lo > hi)
    throw data_error("nothing was collected: the observed range is empty", where,
                     "calibrate with an input that reaches it")
        .with(VERNIER_FAILED_PRECONDITION);
  throw data_error(
      fmt::format("the observed range [{}, {}] is not finite", lo, hi), where,
      "look for NaN, infinity and absurdly large values in the calibration inputs and the checkpoint")
      .with(VERNIER_INVALID_ARGUMENT);
}

}  // namespace

void affine_qparams(DType dtype, Scheme scheme, bool per_tensor, std::span<const float> lo,
                    std::span<const float> hi, std::span<float> scale, std::span<int32_t> zero_point) {
  if (!dtype.is_integer() || dtype.bits < 2 || dtype.bits > 16) {
    throw usage_error(fmt::format("{} has no qparams", dtype.name()), {},
                      "use an integer dtype of 2 to 16 bits");
  }
  if (scheme == Scheme::kSymmetric && !dtype.is_signed()) {
    throw usage_error(fmt::format("{} cannot be symmetric", dtype.name()), {},
                      "use a signed dtype, or the asymmetric scheme");
  }
  if (lo.size() != hi.size() || lo.size() != scale.size() || lo.size() != zero_point.size() ||
      (per_tensor && lo.size() != 1)) {
    throw internal_error(fmt::format("{} and {} bounds for {} scales and {} zero points", lo.size(),
                                     hi.size(), scale.size(), zero_point.size()));
  }
  for (size_t i = 0; i < lo.size(); ++i)
    check_range(scheme, lo[i], hi[i], per_tensor ? -1 : static_cast<int64_t>(i));
  for (size_t i = 0; i < lo.size(); ++i) {
    const Affine q = scheme == Scheme::kSymmetric              ? symmetric(dtype, lo[i], hi[i])
                     : per_tensor && hi[i] - lo[i] < kConstant ? constant(dtype, lo[i])
                                                               : asymmetric(dtype, lo[i], hi[i]);
    scale[i] = q.scale;
    zero_point[i] = q.zero_point;
  }
}

}  // namespace vernier::core
