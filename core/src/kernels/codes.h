// Integer codes of a tensor: how quantized weights are kept, and what a backend writes.
// Elements of 8 and 16 bits take one and two bytes; those of 4 and 2 bits are packed over the flattened
// tensor, low bits first and without padding between rows, so that qparams.dtype.bytes(elements) is the size
// of the codes.
#pragma once

#include <cstddef>
#include <cstdint>
#include <span>

#include "kernels/channel_view.h"
#include "kernels/convert.h"
#include "kernels/thread_pool.h"
#include "tensor/qparams.h"

namespace vernier::core {

// All of these: `view` is ChannelView::of(shape, qparams); 16-bit codes are aligned; Error (internal)
// when the qparams do not suit the view or the dtype is not an integer of 2, 4, 8 or 16 bits.

// Codes of x[0, view.elements()). The bits left over in the last byte are 0.
void to_codes(const float* x, const ChannelView& view, const QParams& qparams, std::byte* codes,
              ThreadPool& pool);

// Codes of elements [first, first + count) alone, packed from the first bit of `codes` on: where `first` has
// a whole number of bytes before it, the bytes that stand there among the codes of all. `x` holds all
// elements of `view`; blocks of them are widened in the cache.
void to_codes(const FloatBlocks& x, int64_t first, int64_t count, const ChannelView& view,
              const QParams& qparams, std::byte* codes, ThreadPool& pool);

// y[i] = (code[skipped + i] - zero_point) * scale, for i in [0, view.elements()). After to_codes these are
// the bits that fake_quant gives.
void from_codes(const std::byte* codes, int64_t skipped, const ChannelView& view, const QParams& qparams,
                float* y, ThreadPool& pool);

// Expands only some rows of a tensor whose rows are `row_elements` long (an embedding's table): y is
// [rows.size(), row_elements]. Error (data) for a row that is not there.
void from_codes_rows(const std::byte* codes, const ChannelView& view, const QParams& qparams,
                     int64_t row_elements, std::span<const int64_t> rows, float* y, ThreadPool& pool);

}  // namespace vernier::core
