#include "broadcast.h"

#include <algorithm>

#include "indices.h"

namespace circle_executor {

namespace {

std::vector<int64_t> repeated(const Shape& own, const Shape& common) {
  const std::vector<int64_t> dense = dense_strides(own);
  std::vector<int64_t> strides(common.size(), 0);
  const size_t missing = common.size() - own.size();
  for (size_t axis = 0; axis < own.size(); ++axis) strides[missing + axis] = own[axis] == 1 ? 0 : dense[axis];
  return strides;
}

}  // namespace

Broadcast broadcast_of(const Call& call, const Shape& a, const Shape& b) {
  Broadcast result;
  result.shape.resize(std::max(a.size(), b.size()));
  const auto extent = [&](const Shape& shape, size_t axis) {
    const size_t missing = result.shape.size() - shape.size();
    return axis < missing ? int64_t{1} : shape[axis - missing];
  };
  for (size_t axis = 0; axis < result.shape.size(); ++axis) {
    const int64_t of_a = extent(a, axis), of_b = extent(b, axis);
    if (of_a != of_b && of_a != 1 && of_b != 1)
      call.fail("has operands whose extents " + std::to_string(of_a) + " and " + std::to_string(of_b) +
                " do not fit together");
    result.shape[axis] = of_a == 1 ? of_b : of_a;
  }
  result.a_strides = repeated(a, result.shape);
  result.b_strides = repeated(b, result.shape);
  return result;
}

}  // namespace circle_executor
