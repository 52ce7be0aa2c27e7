// The arithmetic of affine quantization on vectors, once per SIMD target. It gives the bits of
// LibTorch 2.13's fake_quantize operators (its CPU kernels on x86-64, which we probed):
//
//   code = clamp(round_half_even(x * (1 / scale)) + zero_point, qmin, qmax)        real = (code - zero_point)
//   * scale
//
// in float32, where NaN gives qmin. With a channel axis, LibTorch's sum passes through int64, so from 2^63 on
// (+inf too) the code is qmin, while without an axis it is qmax; AffineTable::overflow tells the two apart.

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

  // Codes, still as floats.
  HWY_INLINE V quantize(V x) const {
    const V code = hn::Add(zero_point, hn::Round(hn::Mul(x, inverse)));
    const auto is_number = hn::And(hn::Ge(code, qmin), hn::Le(code, overflow));
    return hn::Min(hn::IfThenElse(is_number, code, qmin), qmax);
  }
  HWY_INLINE V expand(V code) const { return hn::Mul(hn::Sub(code, zero_point), scale); }
};

// Where the qparams of a run lie.
struct RunQParams {
  const float* scale;
  const float* inverse;
  const float* zero_point;

  HWY_INLINE RunQParams(const AffineTable& table, int64_t channel)
      : scale(table.scale.data() + channel),
        inverse(table.inverse.data() + channel),
        zero_point(table.zero_point.data() + channel) {}
  // The same channel in all lanes.
  template <class D>
  HWY_INLINE void set(Affine<D>& affine) const {
    affine.scale = hn::Set(affine.d, *scale);
    affine.inverse = hn::Set(affine.d, *inverse);
    affine.zero_point = hn::Set(affine.d, *zero_point);
  }
  // Channels i, i + 1, … of the run in the lanes.
  template <class D>
  HWY_INLINE void load(Affine<D>& affine, int64_t i) const {
    affine.scale = hn::LoadU(affine.d, scale + i);
    affine.inverse = hn::LoadU(affine.d, inverse + i);
    affine.zero_point = hn::LoadU(affine.d, zero_point + i);
  }
};

// Elements of one channel. Everything is passed by value: what the caller's memory holds could alias `step`'s
// stores, and would be loaded again for each vector.
template <class Step>
HWY_INLINE void step_run(const AffineTable& table, RunQParams qparams, int64_t begin, int64_t count,
                         Step step) {
  const hn::ScalableTag<float> d;
  const hn::CappedTag<float, 1> one;
  const int64_t lanes = static_cast<int64_t>(hn::Lanes(d));
  Affine<decltype(d)> many(d, table);
  Affine<decltype(one)> single(one, table);
  qparams.set(many);
  qparams.set(single);
  int64_t i = 0;
  for (; i + lanes <= count; i += lanes) step(many, begin + i);
  for (; i < count; ++i) step(single, begin + i);
}

// Elements of neighbouring channels.
template <class Step>
HWY_INLINE void step_channels(const AffineTable& table, RunQParams qparams, int64_t begin, int64_t count,
                              Step step) {
  const hn::ScalableTag<float> d;
  const hn::CappedTag<float, 1> one;
  const int64_t lanes = static_cast<int64_t>(hn::Lanes(d));
  Affine<decltype(d)> many(d, table);
  Affine<decltype(one)> single(one, table);
  int64_t i = 0;
  for (; i + lanes <= count; i += lanes) {
    qparams.load(many, i);
    step(many, begin + i);
  }
  for (; i < count; ++i) {
    qparams.load(single, i);
    step(single, begin + i);
  }
}

// Calls step(affine, i) so that each element of [first, last) is met once: `affine` covers elements i, i + 1,
// … of as many lanes as its `d` has, with the qparams of their channels.
template <class Step>
HWY_INLINE void for_each_vector(const AffineTable& table, int64_t first, int64_t last, Step step) {
  if (table.view.inner == 1) {
    table.view.for_each_run(first, last, [&](int64_t begin, int64_t count, int64_t channel) HWY_ATTR {
      step_channels(table, RunQParams(table, channel), begin, count, step);
    });
  } else {
    table.view.for_each_run(first, last, [&](int64_t begin, int64_t count, int64_t channel) HWY_ATTR {
      step_run(table, RunQParams(table, channel), begin, count, step);
    });
  }
}

}  // namespace HWY_NAMESPACE
}  // namespace vernier::core
HWY_AFTER_NAMESPACE();

#endif
