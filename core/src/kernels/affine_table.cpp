#include "kernels/affine_table.h"

#include <fmt/format.h>

#include <cmath>
#include <limits>

#include "vernier/core/error.h"

namespace vernier::core {
namespace {

void check(const ChannelView& view, const QParams& q) {
  const auto fail = [](std::string what) {
    return internal_error(std::move(what), {}, "qparams must be those of this very tensor");
  };
  if (q.is_float) throw fail("a site that stays float has no qparams to quantize with");
  if (!q.dtype.is_integer() || q.dtype.bits > 16)
    throw fail(fmt::format("cannot quantize to {}", q.dtype.name()));
  const auto channels = static_cast<size_t>(view.channels);
  if (q.scale.size() != channels || q.zero_point.size() != channels) {
    throw fail(fmt::format("{} scales and {} zero points for {} channels", q.scale.size(),
                           q.zero_point.size(), channels));
  }
  for (int32_t zero_point : q.zero_point) {
    if (zero_point < q.dtype.qmin() || zero_point > q.dtype.qmax()) {
      throw fail(fmt::format("zero point {} outside [{}, {}]", zero_point, q.dtype.qmin(), q.dtype.qmax()));
    }
  }
}

}  // namespace

AffineTable::AffineTable(const ChannelView& view_, const QParams& q)
    : view(view_), qmin(static_cast<float>(q.dtype.qmin())), qmax(static_cast<float>(q.dtype.qmax())) {
  check(view, q);
  constexpr float kTwoTo63 = 9223372036854775808.0f;
  overflow = q.axis < 0 ? std::numeric_limits<float>::infinity() : std::nextafter(kTwoTo63, 0.0f);
  scale = q.scale;
  inverse.reserve(scale.size());
  for (float s : scale) inverse.push_back(1.0f / s);
  zero_point.assign(q.zero_point.begin(), q.zero_point.end());
}

}  // namespace vernier::core
