#include "device/window_shapes.h"

#include <algorithm>
#include <limits>

#include "device/shape_rules.h"

namespace vernier::core {

namespace {

// Below it no sum of extents and products with strides and dilations that are checked against it overflows.
constexpr int64_t kMaxStep = std::numeric_limits<int32_t>::max();

// x: images of `axes` axes behind batch and channels.
void require_images(const CallTypes& call, size_t axes) {
  require_rank(call, 0, axes + 2);
  const Shape& x = call.tensor(0).shape;
  if (std::all_of(x.begin() + 1, x.end(), [](int64_t e) { return e > 0 && e <= kMaxElements; })) return;
  throw call.refused(
      fmt::format("x is {}; it takes extents from 1 to 2^40 behind the first", to_string(call.tensor(0))));
}

void require_weight(const CallTypes& call, size_t axes) {
  require_rank(call, 1, axes + 2);
  const Shape& weight = call.tensor(1).shape;
  if (std::all_of(weight.begin(), weight.end(), [](int64_t e) { return e > 0 && e <= kMaxElements; })) return;
  throw call.refused(fmt::format("weight is {}; it takes extents from 1 to 2^40", to_string(call.tensor(1))));
}

// List argument i: `count` numbers of `least` or more.
const std::vector<int64_t>& list_of(const CallTypes& call, size_t i, size_t count, int64_t least) {
  const std::vector<int64_t>& list = call.integers(i);
  const auto fits = [&](int64_t number) { return number >= least && number <= kMaxStep; };
  if (list.size() == count && std::all_of(list.begin(), list.end(), fits)) return list;
  throw call.refused(fmt::format("{} is {}; it takes {} from {} to 2147483647", call.name_of(i),
                                 to_string(list), count == 1 ? "1 number" : fmt::format("{} numbers", count),
                                 least));
}

// groups, which divides weight's first axis.
int64_t groups_of(const CallTypes& call, size_t i) {
  const int64_t groups = call.integer(i);
  if (groups < 1) throw call.refused(fmt::format("groups is {}; it takes 1 or more", groups));
  if (call.tensor(1).shape[0] % groups == 0) return groups;
  throw call.refused(fmt::format("groups is {}, weight is {}: it takes a divisor of weight's first extent",
                                 groups, to_string(call.tensor(1))));
}

void require_channels(const CallTypes& call, int64_t channels) {
  if (call.tensor(0).shape[1] == channels) return;
  throw call.refused(fmt::format("x is {}, weight is {}: x has {} channels, weight takes {}",
                                 to_string(call.tensor(0)), to_string(call.tensor(1)),
                                 call.tensor(0).shape[1], channels));
}

void require_bias(const CallTypes& call, int64_t channels) {
  if (call.has(2)) require_shape(call, 2, {channels});
}

// `a` * `b`, both positive, or what is refused as more than 2^40.
int64_t product(const CallTypes& call, int64_t a, int64_t b, size_t axis) {
  if (a <= kMaxElements / b) return a * b;
  throw call.refused(fmt::format("along axis {} of x, {} * {} is more than 2^40", axis, a, b));
}

// Elements from the first to the last of a window.
int64_t reach(const CallTypes& call, int64_t kernel, int64_t dilation, size_t axis) {
  return kernel == 1 ? 1 : product(call, kernel - 1, dilation, axis) + 1;
}

// Windows along an axis of x.
int64_t windows(const CallTypes& call, size_t axis, int64_t covered, int64_t stride, int64_t padding) {
  const int64_t padded = call.tensor(0).shape[axis] + 2 * padding;
  if (covered > padded) {
    throw call.refused(fmt::format("along axis {} a window covers {} elements, x has {} with padding", axis,
                                   covered, padded));
  }
  return (padded - covered) / stride + 1;
}

}  // namespace

Shape conv_shape(const CallTypes& call, size_t axes) {
  require_images(call, axes);
  require_weight(call, axes);
  const std::vector<int64_t>& stride = list_of(call, 3, axes, 1);
  const std::vector<int64_t>& padding = list_of(call, 4, axes, 0);
  const std::vector<int64_t>& dilation = list_of(call, 5, axes, 1);
  const Shape& weight = call.tensor(1).shape;
  const int64_t groups = groups_of(call, 6);
  require_channels(call, product(call, weight[1], groups, 1));
  require_bias(call, weight[0]);
  Shape result = {call.tensor(0).shape[0], weight[0]};
  for (size_t i = 0; i < axes; ++i) {
    const int64_t covered = reach(call, weight[i + 2], dilation[i], i + 2);
    result.push_back(windows(call, i + 2, covered, stride[i], padding[i]));
  }
  return result;
}

Shape conv_transpose_shape(const CallTypes& call) {
  constexpr size_t kAxes = 2;
  require_images(call, kAxes);
  require_weight(call, kAxes);
  const std::vector<int64_t>& stride = list_of(call, 3, kAxes, 1);
  const std::vector<int64_t>& padding = list_of(call, 4, kAxes, 0);
  const std::vector<int64_t>& output_padding = list_of(call, 5, kAxes, 0);
  const std::vector<int64_t>& dilation = list_of(call, 6, kAxes, 1);
  const Shape& x = call.tensor(0).shape;
  const Shape& weight = call.tensor(1).shape;
  const int64_t channels = product(call, weight[1], groups_of(call, 7), 1);
  require_channels(call, weight[0]);
  require_bias(call, channels);
  Shape result = {x[0], channels};
  for (size_t i = 0; i < kAxes; ++i) {
    if (output_padding[i] >= std::max(stride[i], dilation[i])) {
      throw call.refused(
          fmt::format("output_padding is {}; along each axis it takes less than stride or than dilation",
                      to_string(output_padding)));
    }
    const int64_t last = x[i + 2] == 1 ? 0 : product(call, x[i + 2] - 1, stride[i], i + 2);
    const int64_t extent =
        last - 2 * padding[i] + reach(call, weight[i + 2], dilation[i], i + 2) + output_padding[i];
    if (extent < 1) {
      throw call.refused(fmt::format("padding is {}, which leaves {} elements along axis {}",
                                     to_string(padding), extent, i + 2));
    }
    result.push_back(extent);
  }
  return result;
}

Shape pool_shape(const CallTypes& call) {
  constexpr size_t kAxes = 2;
  require_images(call, kAxes);
  const std::vector<int64_t>& kernel = list_of(call, 1, kAxes, 1);
  const std::vector<int64_t>& stride = list_of(call, 2, kAxes, 1);
  const std::vector<int64_t>& padding = list_of(call, 3, kAxes, 0);
  Shape result = call.tensor(0).shape;
  for (size_t i = 0; i < kAxes; ++i) {
    // More, and a window would be of padding only.
    if (padding[i] > kernel[i] / 2) {
      throw call.refused(fmt::format("padding is {}, kernel is {}: it takes at most half of the kernel",
                                     to_string(padding), to_string(kernel)));
    }
    result[i + 2] = windows(call, i + 2, kernel[i], stride[i], padding[i]);
  }
  return result;
}

Shape resized_shape(const CallTypes& call) {
  require_images(call, 2);
  const std::vector<int64_t>& size = list_of(call, 1, 2, 1);
  const Shape& x = call.tensor(0).shape;
  return {x[0], x[1], size[0], size[1]};
}

}  // namespace vernier::core
