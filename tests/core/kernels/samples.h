// Inputs and shapes that the tests of the kernels share.
#pragma once

#include <bit>
#include <cmath>
#include <cstdint>
#include <limits>
#include <random>
#include <vector>

#include "kernels/channel_view.h"
#include "tensor/qparams.h"

namespace vernier::core {

inline constexpr float kInf = std::numeric_limits<float>::infinity();
inline constexpr float kNaN = std::numeric_limits<float>::quiet_NaN();

inline std::vector<float> random_floats(int64_t n, float width, uint32_t seed) {
  std::mt19937 engine(seed);
  std::uniform_real_distribution<float> draw(-width, width);
  std::vector<float> result(static_cast<size_t>(n));
  for (float& value : result) value = draw(engine);
  return result;
}

// What breaks a rounding loop: ties of `scale`, ends of the code range, values whose code leaves int32 and
// int64, zeros, subnormals.
inline std::vector<float> hard_floats(float scale) {
  std::vector<float> result = {0.0f,   -0.0f,   kInf,   -kInf,   kNaN,    -kNaN,
                               1e-45f, -1e-45f, 1e-39f, -1e-39f, 3.4e38f, -3.4e38f};
  for (float code :
       {0.5f,          1.5f,          2.5f,          3.5f,          7.5f,          8.5f,     127.5f,
        128.5f,        254.5f,        255.5f,        32766.5f,      32767.5f,      65534.5f, 16777216.0f,
        2147483648.0f, 9.2233715e18f, 9.2233720e18f, 9.2233731e18f, 1.8446744e19f, 1e30f}) {
    for (float sign : {1.0f, -1.0f}) {
      const float x = sign * code * scale;
      result.insert(result.end(), {x, std::nextafter(x, kInf), std::nextafter(x, -kInf)});
    }
  }
  return result;
}

// Random values of which some are hard.
inline std::vector<float> mixed_floats(int64_t n, float scale, uint32_t seed) {
  std::vector<float> result = random_floats(n, scale * 300, seed);
  const std::vector<float> hard = hard_floats(scale);
  for (size_t i = 0; i < result.size(); ++i) {
    if (i % 3 == 0) result[i] = hard[i / 3 % hard.size()];
  }
  return result;
}

// Ends of a vector, runs that begin anywhere, several chunks, few and many channels.
inline std::vector<ChannelView> odd_views() {
  return {{1, 1, 1},      {1, 1, 7},      {1, 1, 64},     {1, 1, 200'003}, {1, 5, 1},
          {3, 1, 1},      {1, 3, 70'001}, {2, 3, 65'536}, {4, 33, 1},      {1000, 3, 1},
          {129, 2051, 1}, {9, 4, 3},      {1, 64, 9},     {50, 7, 33},     {5, 8, 300},
          {70'000, 1, 1}, {7, 5'000, 2},  {1, 9'000, 8},  {2, 4096, 16},   {16, 4, 255}};
}

// Scales and zero points that differ from channel to channel; zero points reach both ends of the codes.
inline QParams varied_qparams(DType dtype, int64_t channels, int64_t axis) {
  QParams q{dtype, Scheme::kAsymmetric, axis, false, {}, {}};
  const int64_t steps = dtype.qmax() - dtype.qmin();
  for (int64_t i = 0; i < channels; ++i) {
    q.scale.push_back(0.01f * static_cast<float>(1 + i % 13) + 0.1f / static_cast<float>(1 + i));
    q.zero_point.push_back(static_cast<int32_t>(dtype.qmin() + (i % 3 == 0   ? 0
                                                                : i % 3 == 1 ? steps
                                                                             : i * 37 % (steps + 1))));
  }
  return q;
}

inline uint32_t bits_of(float value) { return std::bit_cast<uint32_t>(value); }

// Index of the first element whose bits differ, NaN being equal to NaN of any bits; -1 when there is none.
inline int64_t first_difference(const float* a, const float* b, int64_t n) {
  for (int64_t i = 0; i < n; ++i) {
    if (bits_of(a[i]) != bits_of(b[i]) && !(std::isnan(a[i]) && std::isnan(b[i]))) return i;
  }
  return -1;
}

}  // namespace vernier::core
