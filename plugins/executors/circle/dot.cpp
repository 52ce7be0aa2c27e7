#include "dot.h"

#include <algorithm>
#include <limits>

namespace circle_executor {

namespace {

// Of int16. Compiled once for each set of vector instructions: integers are the same in all.
[[gnu::always_inline]] inline int64_t dot_in_blocks(const int16_t* a, const int16_t* b, int64_t count,
                                                    int64_t block) {
  int64_t sum = 0;
  if (block == 0) {
    for (int64_t i = 0; i < count; ++i) sum += int32_t{a[i]} * int32_t{b[i]};
    return sum;
  }
  for (int64_t first = 0; first < count; first += block) {
    const int64_t end = std::min(count, first + block);
    int32_t part = 0;
    for (int64_t i = first; i < end; ++i) part += int32_t{a[i]} * int32_t{b[i]};
    sum += part;
  }
  return sum;
}

using Dot = int64_t(const int16_t*, const int16_t*, int64_t, int64_t);

int64_t dot_anywhere(const int16_t* a, const int16_t* b, int64_t count, int64_t block) {
  return dot_in_blocks(a, b, count, block);
}

#if defined(__x86_64__)
[[gnu::target("avx2")]] int64_t dot_avx2(const int16_t* a, const int16_t* b, int64_t count, int64_t block) {
  return dot_in_blocks(a, b, count, block);
}
Dot* best_dot() { return __builtin_cpu_supports("avx2") != 0 ? &dot_avx2 : &dot_anywhere; }
#else
Dot* best_dot() { return &dot_anywhere; }
#endif

}  // namespace

int64_t block_length(int64_t a, int64_t b) {
  constexpr int64_t kMost = std::numeric_limits<int32_t>::max();
  constexpr int64_t kWorthwhile = 16;
  const int64_t length = kMost / std::max<int64_t>(a * b, 1);
  return length < kWorthwhile ? 0 : length;
}

int64_t dot(const int16_t* a, const int16_t* b, int64_t count, int64_t block) {
  static Dot* const best = best_dot();
  return best(a, b, count, block);
}

int64_t dot(const int32_t* a, const int32_t* b, int64_t count, int64_t) {
  int64_t sum = 0;
  for (int64_t i = 0; i < count; ++i) sum += int64_t{a[i]} * b[i];
  return sum;
}

double dot(const double* a, const double* b, int64_t count) {
  constexpr int64_t kLanes = 8;
  double lanes[kLanes] = {};
  int64_t i = 0;
  for (; i + kLanes <= count; i += kLanes) {
    for (int64_t lane = 0; lane < kLanes; ++lane) lanes[lane] += a[i + lane] * b[i + lane];
  }
  for (int64_t lane = 0; i < count; ++i, ++lane) lanes[lane] += a[i] * b[i];
  double sum = 0;
  for (const double lane : lanes) sum += lane;
  return sum;
}

}  // namespace circle_executor
