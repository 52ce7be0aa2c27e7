#include "kernels/convert.h"

#include <algorithm>

#undef HWY_TARGET_INCLUDE
#define HWY_TARGET_INCLUDE "kernels/convert.cpp"
#include "hwy/foreach_target.h"
// After foreach_target.
#include "hwy/highway.h"

HWY_BEFORE_NAMESPACE();
namespace vernier::core {
namespace HWY_NAMESPACE {
namespace hn = hwy::HWY_NAMESPACE;

struct FromBFloat16 {
  template <class D>
  HWY_INLINE hn::Vec<D> operator()(D d, const uint16_t* x) const {
    const hn::RebindToUnsigned<D> bits;
    return hn::BitCast(d, hn::ShiftLeft<16>(hn::PromoteTo(bits, hn::LoadU(hn::Rebind<uint16_t, D>(), x))));
  }
};

// By way of integers: Highway's own conversion differs between targets for NaN, and flushes on some.
struct FromFloat16 {
  template <class D>
  HWY_INLINE hn::Vec<D> operator()(D d, const uint16_t* x) const {
    const hn::RebindToUnsigned<D> bits;
    const auto half = hn::PromoteTo(bits, hn::LoadU(hn::Rebind<uint16_t, D>(), x));
    const auto sign = hn::ShiftLeft<16>(hn::And(half, hn::Set(bits, 0x8000)));
    const auto magnitude =
        hn::ShiftLeft<13>(hn::And(half, hn::Set(bits, 0x7FFF)));  // exponent and fraction in their places
    // Rebias the exponent from 15 to 127; infinity and NaN get the greatest exponent of float32.
    const auto top = hn::Set(bits, 0x7C00 << 13);
    const auto rebias = hn::Set(bits, uint32_t{112} << 23);
    const auto normal = hn::Add(magnitude, rebias);
    const auto is_special = hn::Eq(hn::And(magnitude, top), top);
    const auto finite_or_special = hn::IfThenElse(is_special, hn::Add(normal, rebias), normal);
    // Subnormal: fraction * 2^-24, had by giving it an implicit one and taking that away.
    const auto one = hn::Set(bits, uint32_t{113} << 23);
    const auto subnormal = hn::Sub(hn::BitCast(d, hn::Add(magnitude, one)), hn::BitCast(d, one));
    const auto is_subnormal = hn::Eq(hn::And(magnitude, top), hn::Zero(bits));
    return hn::BitCast(
        d, hn::Or(sign, hn::IfThenElse(is_subnormal, hn::BitCast(bits, subnormal), finite_or_special)));
  }
};

template <class From>
HWY_INLINE void convert(const uint16_t* x, float* y, int64_t n, From from) {
  const hn::ScalableTag<float> d;
  const hn::CappedTag<float, 1> one;
  const int64_t lanes = static_cast<int64_t>(hn::Lanes(d));
  int64_t i = 0;
  for (; i + lanes <= n; i += lanes) hn::StoreU(from(d, x + i), d, y + i);
  for (; i < n; ++i) hn::StoreU(from(one, x + i), one, y + i);
}

void from_bfloat16(const uint16_t* x, float* y, int64_t n) { convert(x, y, n, FromBFloat16()); }
void from_float16(const uint16_t* x, float* y, int64_t n) { convert(x, y, n, FromFloat16()); }

}  // namespace HWY_NAMESPACE
}  // namespace vernier::core
HWY_AFTER_NAMESPACE();

#if HWY_ONCE
namespace vernier::core {

HWY_EXPORT(from_bfloat16);
HWY_EXPORT(from_float16);

void bfloat16_to_float32(const uint16_t* x, float* y, int64_t n) {
  HWY_DYNAMIC_DISPATCH(from_bfloat16)(x, y, n);
}
void float16_to_float32(const uint16_t* x, float* y, int64_t n) {
  HWY_DYNAMIC_DISPATCH(from_float16)(x, y, n);
}
void float64_to_float32(const double* x, float* y, int64_t n) {
  std::transform(x, x + n, y, [](double value) { return static_cast<float>(value); });
}

const float* FloatBlocks::read(int64_t first, int64_t count, float* scratch) const {
  const std::byte* from = data_ + first * (dtype_.bits / 8);
  if (is_direct()) return reinterpret_cast<const float*>(from);
  if (dtype_ == kBFloat16)
    bfloat16_to_float32(reinterpret_cast<const uint16_t*>(from), scratch, count);
  else if (dtype_ == kFloat16)
    float16_to_float32(reinterpret_cast<const uint16_t*>(from), scratch, count);
  else
    float64_to_float32(reinterpret_cast<const double*>(from), scratch, count);
  return scratch;
}

}  // namespace vernier::core
#endif  // HWY_ONCE
