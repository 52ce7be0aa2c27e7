#include "kernels/codes.h"

#include <fmt/format.h>

#include <algorithm>

#include "kernels/affine_table.h"
#include "kernels/packing.h"
#include "vernier/core/error.h"

#undef HWY_TARGET_INCLUDE
#define HWY_TARGET_INCLUDE "kernels/codes.cpp"
#include "hwy/foreach_target.h"
// After foreach_target.
#include "hwy/highway.h"
#include "kernels/affine-inl.h"

HWY_BEFORE_NAMESPACE();
namespace vernier::core {
namespace HWY_NAMESPACE {

// `x` and `codes` hold element `origin` first.
template <typename T>
struct ToCodes {
  const float* x;
  T* codes;
  int64_t origin;
  template <class D>
  HWY_INLINE void operator()(const Affine<D>& affine, int64_t i) const {
    const auto integers =
        hn::ConvertTo(hn::RebindToSigned<D>(), affine.quantize(hn::LoadU(affine.d, x + (i - origin))));
    const hn::Rebind<T, D> narrow;
    hn::StoreU(hn::DemoteTo(narrow, integers), narrow, codes + (i - origin));
  }
};

template <typename T>
struct FromCodes {
  const T* codes;
  float* y;
  int64_t origin;
  template <class D>
  HWY_INLINE void operator()(const Affine<D>& affine, int64_t i) const {
    const auto integers =
        hn::PromoteTo(hn::RebindToSigned<D>(), hn::LoadU(hn::Rebind<T, D>(), codes + (i - origin)));
    hn::StoreU(affine.expand(hn::ConvertTo(affine.d, integers)), affine.d, y + (i - origin));
  }
};

// NOLINTBEGIN(bugprone-macro-parentheses): a type between angle brackets takes none
#define VERNIER_CODES_OF(T, name)                                                                        \
  void to_##name(const AffineTable& table, const float* x, void* codes, int64_t first, int64_t last) {   \
    for_each_vector(table, first, last, ToCodes<T>{x, static_cast<T*>(codes), first});                   \
  }                                                                                                      \
  void from_##name(const AffineTable& table, const void* codes, float* y, int64_t first, int64_t last) { \
    for_each_vector(table, first, last, FromCodes<T>{static_cast<const T*>(codes), y, first});           \
  }
// NOLINTEND(bugprone-macro-parentheses)
VERNIER_CODES_OF(uint8_t, uint8)
VERNIER_CODES_OF(int8_t, int8)
VERNIER_CODES_OF(uint16_t, uint16)
VERNIER_CODES_OF(int16_t, int16)
#undef VERNIER_CODES_OF

}  // namespace HWY_NAMESPACE
}  // namespace vernier::core
HWY_AFTER_NAMESPACE();

#if HWY_ONCE
namespace vernier::core {
namespace {

HWY_EXPORT(to_uint8);
HWY_EXPORT(to_int8);
HWY_EXPORT(to_uint16);
HWY_EXPORT(to_int16);
HWY_EXPORT(from_uint8);
HWY_EXPORT(from_int8);
HWY_EXPORT(from_uint16);
HWY_EXPORT(from_int16);

constexpr int64_t kChunk = 64 * 1024;  // elements; whole bytes of every dtype
constexpr int64_t kBlock = 4096;  // elements of a packed dtype that are unpacked at once; whole bytes too

// One byte or two for each element of [first, last), the first of them at `x` and at `codes`. Packed dtypes:
// the byte that is packed later.
void to_elements(const AffineTable& table, DType dtype, const float* x, void* codes, int64_t first,
                 int64_t last) {
  if (dtype.bits <= 8) {
    return dtype.is_signed() ? HWY_DYNAMIC_DISPATCH(to_int8)(table, x, codes, first, last)
                             : HWY_DYNAMIC_DISPATCH(to_uint8)(table, x, codes, first, last);
  }
  return dtype.is_signed() ? HWY_DYNAMIC_DISPATCH(to_int16)(table, x, codes, first, last)
                           : HWY_DYNAMIC_DISPATCH(to_uint16)(table, x, codes, first, last);
}

void from_elements(const AffineTable& table, DType dtype, const void* codes, float* y, int64_t first,
                   int64_t last) {
  if (dtype.bits <= 8) {
    return dtype.is_signed() ? HWY_DYNAMIC_DISPATCH(from_int8)(table, codes, y, first, last)
                             : HWY_DYNAMIC_DISPATCH(from_uint8)(table, codes, y, first, last);
  }
  return dtype.is_signed() ? HWY_DYNAMIC_DISPATCH(from_int16)(table, codes, y, first, last)
                           : HWY_DYNAMIC_DISPATCH(from_uint16)(table, codes, y, first, last);
}

// Expands elements [first, last) of the table's tensor to y[0, last - first); element i is code `skipped` +
// i.
void expand(const AffineTable& table, DType dtype, const std::byte* codes, int64_t skipped, float* y,
            int64_t first, int64_t last) {
  if (dtype.bits >= 8)
    return from_elements(table, dtype, codes + (skipped + first) * (dtype.bits / 8), y, first, last);
  uint8_t block[kBlock];
  for (int64_t i = first; i < last; i += kBlock) {
    const int64_t end = std::min(last, i + kBlock);
    unpack(codes, dtype, skipped + i, end - i, block);
    from_elements(table, dtype, block, y + (i - first), i, end);
  }
}

void check_storage(DType dtype) {
  for (int bits : {2, 4, 8, 16}) {
    if (dtype.bits == bits) return;
  }
  throw internal_error(fmt::format("codes of {} have no layout", dtype.name()), {}, "use 2, 4, 8 or 16 bits");
}

}  // namespace

void to_codes(const float* x, const ChannelView& view, const QParams& qparams, std::byte* codes,
              ThreadPool& pool) {
  to_codes(FloatBlocks(reinterpret_cast<const std::byte*>(x), kFloat32), 0, view.elements(), view, qparams,
           codes, pool);
}

void to_codes(const FloatBlocks& x, int64_t first, int64_t count, const ChannelView& view,
              const QParams& qparams, std::byte* codes, ThreadPool& pool) {
  const AffineTable table(view, qparams);
  const DType dtype = qparams.dtype;
  check_storage(dtype);
  // What needs no buffer on the way is not cut further.
  const int64_t longest = x.is_direct() && dtype.bits >= 8 ? kChunk : kBlock;
  pool.parallel_for(0, count, kChunk, [&](int64_t begin, int64_t end) {
    float floats[kBlock];
    uint8_t block[kBlock];
    for (int64_t i = begin; i < end; i += longest) {
      const int64_t length = std::min(longest, end - i);
      const float* values = x.read(first + i, length, floats);
      if (dtype.bits >= 8) {
        to_elements(table, dtype, values, codes + i * (dtype.bits / 8), first + i, first + i + length);
      } else {
        to_elements(table, dtype, values, block, first + i, first + i + length);
        pack(block, dtype, i, length, codes);
      }
    }
  });
}

void from_codes(const std::byte* codes, int64_t skipped, const ChannelView& view, const QParams& qparams,
                float* y, ThreadPool& pool) {
  const AffineTable table(view, qparams);
  check_storage(qparams.dtype);
  pool.parallel_for(0, view.elements(), kChunk, [&](int64_t first, int64_t last) {
    expand(table, qparams.dtype, codes, skipped, y + first, first, last);
  });
}

void from_codes_rows(const std::byte* codes, const ChannelView& view, const QParams& qparams,
                     int64_t row_elements, std::span<const int64_t> rows, float* y, ThreadPool& pool) {
  const AffineTable table(view, qparams);
  check_storage(qparams.dtype);
  if (rows.empty() || row_elements == 0) return;
  const int64_t count = view.elements() / row_elements;
  for (int64_t row : rows) {
    if (row < 0 || row >= count) throw data_error(fmt::format("row {} of a table of {} rows", row, count));
  }
  const auto n = static_cast<int64_t>(rows.size());
  pool.parallel_for(0, n, std::max<int64_t>(1, kChunk / row_elements), [&](int64_t first, int64_t last) {
    for (int64_t i = first; i < last; ++i) {
      const int64_t begin = rows[static_cast<size_t>(i)] * row_elements;
      expand(table, qparams.dtype, codes, 0, y + i * row_elements, begin, begin + row_elements);
    }
  });
}

}  // namespace vernier::core
#endif  // HWY_ONCE
