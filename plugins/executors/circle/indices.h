// Walking through the elements of a shape.
#pragma once

#include <cstdint>
#include <vector>

namespace circle_executor {

// Of a dense row-major tensor: elements from one index of an axis to the next.
inline std::vector<int64_t> dense_strides(const std::vector<int64_t>& shape) {
  std::vector<int64_t> strides(shape.size(), 1);
  for (size_t axis = shape.size(); axis-- > 1;) strides[axis - 1] = strides[axis] * shape[axis];
  return strides;
}

// Visits each element of `shape` in row-major order: f(i, a, b), where `i` counts them and `a`, `b` are the
// sums of index times stride. The strides have an entry an axis.
template <typename Function>
void each_element(const std::vector<int64_t>& shape, const std::vector<int64_t>& a_strides,
                  const std::vector<int64_t>& b_strides, Function f) {
  const size_t rank = shape.size();
  for (const int64_t extent : shape) {
    if (extent == 0) return;
  }
  if (rank == 0) return f(int64_t{0}, int64_t{0}, int64_t{0});
  std::vector<int64_t> index(rank, 0);
  const int64_t inner = shape[rank - 1];
  const int64_t a_step = a_strides[rank - 1], b_step = b_strides[rank - 1];
  int64_t i = 0, a = 0, b = 0;
  for (;;) {
    for (int64_t k = 0; k < inner; ++k) f(i++, a + k * a_step, b + k * b_step);
    size_t axis = rank - 1;
    for (;;) {
      if (axis == 0) return;
      --axis;
      a += a_strides[axis];
      b += b_strides[axis];
      if (++index[axis] < shape[axis]) break;
      a -= shape[axis] * a_strides[axis];
      b -= shape[axis] * b_strides[axis];
      index[axis] = 0;
    }
  }
}

// Likewise with one set of strides: f(i, a).
template <typename Function>
void each_element(const std::vector<int64_t>& shape, const std::vector<int64_t>& strides, Function f) {
  each_element(shape, strides, strides, [&](int64_t i, int64_t a, int64_t) { f(i, a); });
}

}  // namespace circle_executor
