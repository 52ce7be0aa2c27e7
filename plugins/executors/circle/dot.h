// Dot products: exact of codes, in eight fixed lanes of double of reals.
#pragma once

#include <cstdint>

namespace circle_executor {

// How many products of codes up to `a` and `b` in size fit into 32 bits; 0 where not even a few do.
int64_t block_length(int64_t a, int64_t b);

// Exact, for fewer than 2^31 elements. `block` is block_length of the largest elements.
int64_t dot(const int16_t* a, const int16_t* b, int64_t count, int64_t block);
// Exact while the sum fits 63 bits: elements up to 2^16 in size, fewer than 2^31 of them.
int64_t dot(const int32_t* a, const int32_t* b, int64_t count, int64_t block);
// The order of additions depends on `count` alone.
double dot(const double* a, const double* b, int64_t count);

}  // namespace circle_executor
