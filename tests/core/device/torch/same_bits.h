// Two devices to the bit, on grids of every kind.
#pragma once

#include <gtest/gtest.h>

#include <cstring>
#include <iterator>
#include <string>

#include "tensor/qparams.h"
#include "tensor/tensor.h"

namespace vernier::core {

// Scales from the smallest to the greatest and zero points of the whole range, one for each index of `axis`;
// -1: one.
inline QParams varied_qparams(DType dtype, const Shape& shape, int64_t axis) {
  QParams q;
  q.dtype = dtype;
  q.axis = axis;
  const int64_t count = axis < 0 ? 1 : shape[static_cast<size_t>(axis)];
  const auto qmin = static_cast<int32_t>(dtype.qmin()), qmax = static_cast<int32_t>(dtype.qmax());
  for (int64_t i = 0; i < count; ++i) {
    constexpr float kScales[] = {0.1f, 1e-8f, 0.5f, 3.3333333f, 1e-45f, 1e38f, 0.0078431377f};
    q.scale.push_back(kScales[static_cast<size_t>(i) % std::size(kScales)]);
    q.zero_point.push_back(qmin + static_cast<int32_t>(i) % (qmax - qmin + 1));
  }
  return q;
}

inline void expect_same_bits(const Tensor& a, const Tensor& b, const std::string& what) {
  ASSERT_EQ(a.dtype, b.dtype) << what;
  ASSERT_EQ(a.shape, b.shape) << what;
  EXPECT_EQ(std::memcmp(a.data, b.data, a.bytes()), 0) << what;
}

}  // namespace vernier::core
