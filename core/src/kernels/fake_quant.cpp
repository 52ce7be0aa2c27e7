#include "kernels/fake_quant.h"

#include "kernels/affine_table.h"

#undef HWY_TARGET_INCLUDE
#define HWY_TARGET_INCLUDE "kernels/fake_quant.cpp"
#include "hwy/foreach_target.h"
// After foreach_target.
#include "hwy/cache_control.h"
#include "hwy/highway.h"
#include "kernels/affine-inl.h"

HWY_BEFORE_NAMESPACE();
namespace vernier::core {
namespace HWY_NAMESPACE {

struct Store {
  const float* x;
  float* y;
  template <class D>
  HWY_INLINE void operator()(const Affine<D>& affine, int64_t i) const {
    hn::StoreU(affine.expand(affine.quantize(hn::LoadU(affine.d, x + i))), affine.d, y + i);
  }
};

// Past the caches; whole vectors must be aligned.
struct Stream {
  const float* x;
  float* y;
  template <class D>
  HWY_INLINE void operator()(const Affine<D>& affine, int64_t i) const {
    const auto real = affine.expand(affine.quantize(hn::LoadU(affine.d, x + i)));
    if constexpr (hn::MaxLanes(D()) > 1) {
      hn::Stream(real, affine.d, y + i);
    } else {
      hn::StoreU(real, affine.d, y + i);
    }
  }
};

void fake_quant_range(const AffineTable& table, const float* x, float* y, int64_t first, int64_t last,
                      bool stream) {
  if (stream) {
    for_each_vector(table, first, last, Stream{x, y});
    hwy::FlushStream();
  } else {
    for_each_vector(table, first, last, Store{x, y});
  }
}

}  // namespace HWY_NAMESPACE
}  // namespace vernier::core
HWY_AFTER_NAMESPACE();

#if HWY_ONCE
namespace vernier::core {
namespace {

HWY_EXPORT(fake_quant_range);

constexpr int64_t kChunk = 64 * 1024;  // elements
// Elements from which the output would push itself out of the caches before anyone reads it.
constexpr int64_t kStreamFrom = 4 * 1024 * 1024;
constexpr int64_t kVectorBytes = 64;  // the widest there is

// Whether every run of equal qparams, and so every whole vector, begins at an aligned address.
bool can_stream(const ChannelView& view, const float* y) {
  const int64_t run = view.inner == 1 ? view.channels : view.inner;
  const bool aligned = reinterpret_cast<uintptr_t>(y) % kVectorBytes == 0;
  return aligned &&
         (view.outer * view.channels == 1 || run * static_cast<int64_t>(sizeof(float)) % kVectorBytes == 0);
}

}  // namespace

void fake_quant(const float* x, const ChannelView& view, const QParams& qparams, float* y, ThreadPool& pool) {
  const AffineTable table(view, qparams);
  const int64_t n = view.elements();
  const bool stream = n >= kStreamFrom && x != y && can_stream(view, y);
  pool.parallel_for(0, n, kChunk, [&](int64_t first, int64_t last) {
    HWY_DYNAMIC_DISPATCH(fake_quant_range)(table, x, y, first, last, stream);
  });
}

}  // namespace vernier::core
#endif  // HWY_ONCE
