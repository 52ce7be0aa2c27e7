// Least and greatest elements, and whether all are finite, in one pass. The same bits for any number of
// threads and any SIMD width.
#pragma once

#include <cstdint>

#include "kernels/channel_view.h"
#include "kernels/thread_pool.h"

namespace vernier::core {

// Range of x[0, n). Returns false when an element is NaN or infinite. A NaN makes both bounds NaN, an
// infinity is a bound, zeros come out as +0; without elements the range is [+inf, -inf].
bool min_max(const float* x, int64_t n, float& lo, float& hi, ThreadPool& pool);

// The same for every channel: `lo` and `hi` have room for view.channels; false when any element of the tensor
// is not finite.
bool min_max(const float* x, const ChannelView& view, float* lo, float* hi, ThreadPool& pool);

}  // namespace vernier::core
