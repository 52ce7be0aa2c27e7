#include "kernels/convert.h"

#include <gtest/gtest.h>

#include <cmath>
#include <numeric>

#include "core/kernels/each_target.h"
#include "core/kernels/samples.h"

namespace vernier::core {
namespace {

float half_value(uint16_t bits) {
  const int exponent = bits >> 10 & 31;
  const auto fraction = static_cast<float>(bits & 1023);
  const float sign = bits & 0x8000 ? -1.0f : 1.0f;
  if (exponent == 31) return fraction == 0 ? sign * kInf : kNaN;
  return sign * (exponent == 0 ? std::ldexp(fraction, -24) : std::ldexp(fraction + 1024, exponent - 25));
}

TEST(Convert, EveryHalfIsExact) {
  std::vector<uint16_t> x(65536);
  std::iota(x.begin(), x.end(), uint16_t{0});
  std::vector<float> y(x.size());
  for_each_target([&] {
    float16_to_float32(x.data(), y.data(), 65536);
    for (size_t i = 0; i < x.size(); ++i) {
      const float expected = half_value(x[i]);
      if (std::isnan(expected)) {
        // Sign and payload stay where they were.
        ASSERT_EQ(bits_of(y[i]), (x[i] & 0x8000u) << 16 | 0x7F800000u | (x[i] & 1023u) << 13) << i;
      } else {
        ASSERT_EQ(bits_of(y[i]), bits_of(expected)) << i;
      }
    }
    bfloat16_to_float32(x.data(), y.data(), 65536);
    for (size_t i = 0; i < x.size(); ++i) ASSERT_EQ(bits_of(y[i]), static_cast<uint32_t>(i) << 16);
  });
}

TEST(Convert, StopsAtTheEnd) {
  const std::vector<uint16_t> x(40, 0x3C00);
  for_each_target([&] {
    for (size_t n = 0; n < 36; ++n) {
      std::vector<float> y(40, -7);
      float16_to_float32(x.data(), y.data(), static_cast<int64_t>(n));
      for (size_t i = 0; i < y.size(); ++i) ASSERT_EQ(y[i], i < n ? 1.0f : -7.0f) << n << " " << i;
    }
  });
}

}  // namespace
}  // namespace vernier::core
