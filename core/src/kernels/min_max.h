// Range of float32 data. Deterministic for any number of threads. NaN anywhere gives NaN in both results.
#pragma once

#include <cstdint>

namespace vernier::core {

class ThreadPool;

// n > 0.
void min_max(const float* x, int64_t n, float& low, float& high, ThreadPool& pool);
// x is [outer, channels, inner], all > 0; `low` and `high` have room for `channels`.
void min_max_channels(const float* x, int64_t outer, int64_t channels, int64_t inner, float* low, float* high, ThreadPool& pool);

}  // namespace vernier::core
