// The arithmetic of affine quantization on vectors, once per SIMD target. It gives the bits of LibTorch 2.13's fake_quantize
// operators (its CPU kernels on x86-64, which we probed):
//
//   code = clamp(round_half_even(x * (1 / scale)) + zero_point, qmin, qmax)        real = (code - zero_point) * scale
//
// in float32, where NaN gives qmin. With a channel axis, LibTorch's sum passes through int64, so from 2^63 on (+inf too) the code is
// qmin, while without an axis it is qmax; AffineTable::overflow tells the two apart.

// Highway's include guard: toggled, so that foreach_target.h can include this file again for each target.
#if defined(VERNIER_KERNELS_AFFINE_INL_H) == defined(HWY_TARGET_TOGGLE)
#ifdef VERNIER_KERNELS_AFFINE_INL_H
#undef VERNIER_KERNELS_AFFINE_INL_H
#else
#define VERNIER_KERNELS_AFFINE_INL_H
#endif

#include "hwy/highway.h"
#include "kernels/affine_table.h"

HWY_BEFORE_NAMESPACE();
namespace vernier::core {
namespace HWY_NAMESPACE {
namespace hn = hwy::HWY_NAMESPACE;

template <class D>
struct Affine {
  using V = hn::Vec<D>;
  D d;
  V qmin, qmax, overflow;
  V scale, inverse, zero_point;

  HWY_INLINE Affine(D d_, const AffineTable& table)
      : d(d_),
        qmin(hn::Set(d, table.qmin)),
        qmax(hn::Set(d, table.qmax)),
        overflow(hn::Set(d, table.overflow)),
        scale(hn::Zero(d)),
        inverse(scale),
        zero_point(scale) {}

  // The same channel in all lanes.
  HWY_INLINE void set_channel(const AffineTable& table, size_t channel) {
    scale = hn::Set(d, table.scale[channel]);
    inverse = hn::Set(d, table.inverse[channel]);
    zero_point = hn::Set(d, table.zero_point[channel]);
  }
  // Neighbouring channels in the lanes.
  HWY_INLINE void set_channels(const AffineTable& table, size_t first) {
    scale = hn::LoadU(d, table.scale.data() + first);
    inverse = hn::LoadU(d, table.inverse.data() + first);
    zero_point = hn::LoadU(d, table.zero_point.data() + first);
  }

  // Codes, still as floats.
  HWY_INLINE V quantize(V x) const {
    const V code = hn::Add(zero_point, hn::Round(hn::Mul(x, inverse)));
    const V clamped = hn::Min(hn::IfThenElse(hn::Ge(code, qmin), code, qmin), qmax);
    return hn::IfThenElse(hn::Gt(code, overflow), qmin, clamped);
  }
  HWY_INLINE V expand(V code) const { return hn::Mul(hn::Sub(code, zero_point), scale); }
};

// Calls step(affine, i) so that each element of [first, last) is met once: `affine` covers elements i, i + 1, … of as many lanes as
// its `d` has, with the qparams of their channels.
template <class Step>
HWY_INLINE void for_each_vector(const AffineTable& table, int64_t first, int64_t last, const Step& step) {
  const hn::ScalableTag<float> d;
  const hn::CappedTag<float, 1> one;
  const int64_t lanes = static_cast<int64_t>(hn::Lanes(d));
  Affine<decltype(d)> many(d, table);
  Affine<decltype(one)> single(one, table);
  const bool along_channels = table.view.inner == 1;
  table.view.for_each_run(first, last, [&](int64_t begin, int64_t count, int64_t channel) HWY_ATTR {
    const auto at = static_cast<size_t>(channel);
    int64_t i = 0;
    if (along_channels) {
      for (; i + lanes <= count; i += lanes) {
        many.set_channels(table, at + static_cast<size_t>(i));
        step(many, begin + i);
      }
      for (; i < count; ++i) {
        single.set_channels(table, at + static_cast<size_t>(i));
        step(single, begin + i);
      }
    } else {
      many.set_channel(table, at);
      for (; i + lanes <= count; i += lanes) step(many, begin + i);
      single.set_channel(table, at);
      for (; i < count; ++i) step(single, begin + i);
    }
  });
}

}  // namespace HWY_NAMESPACE
}  // namespace vernier::core
HWY_AFTER_NAMESPACE();

#endif
