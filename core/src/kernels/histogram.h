// Counts of a tensor's elements in equal bins around 0. The same counts for any number of threads and any
// SIMD width.
#pragma once

#include <cstdint>

#include "kernels/thread_pool.h"

namespace vernier::core {

// Adds to counts[b] the number of elements of x[0, n) in bin b. Bin b of `bins` begins at (b - bins / 2) *
// width, width being 2 * limit / bins; the first and the last take what lies outside too. An element is
// counted at float32(x / width + bins / 2): less than a rounding below an edge is on it. `limit` and `bins`
// are powers of two (x / width is then exact), bins from 2 to 65536; elements are finite.
void add_to_histogram(const float* x, int64_t n, float limit, uint64_t* counts, int64_t bins,
                      ThreadPool& pool);

}  // namespace vernier::core
