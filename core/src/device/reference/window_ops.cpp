// Convolution, pooling and resizing. One and two axes are three, of which the first have extent 1.
#include <algorithm>
#include <array>
#include <cmath>
#include <limits>

#include "device/reference/elements.h"
#include "device/reference/ops.h"

namespace vernier::core::reference {

namespace {

using Place = std::array<int64_t, 3>;

// The last numbers of a list or shape, with `before` in front.
Place three(const std::vector<int64_t>& list, size_t count, int64_t before) {
  Place place = {before, before, before};
  std::copy(list.end() - static_cast<std::ptrdiff_t>(count), list.end(),
            place.end() - static_cast<std::ptrdiff_t>(count));
  return place;
}

int64_t volume(const Place& extents) { return extents[0] * extents[1] * extents[2]; }

bool inside(const Place& place, const Place& extents) {
  for (size_t axis = 0; axis < 3; ++axis) {
    if (place[axis] < 0 || place[axis] >= extents[axis]) return false;
  }
  return true;
}

// The element at `place` of image `image`, all images being one behind the other.
size_t offset(int64_t image, const Place& place, const Place& extents) {
  return static_cast<size_t>(((image * extents[0] + place[0]) * extents[1] + place[1]) * extents[2] +
                             place[2]);
}

template <typename Body>
void for_each_place(const Place& extents, Body body) {
  for (int64_t i = 0; i < volume(extents); ++i)
    body(Place{i / extents[2] / extents[1], i / extents[2] % extents[1], i % extents[2]});
}

struct Windows {
  Place kernel, stride, padding, dilation;

  // Place that element `tap` of window `window` looks at.
  [[nodiscard]] Place at(const Place& window, const Place& tap) const {
    Place result{};
    for (size_t axis = 0; axis < 3; ++axis)
      result[axis] = window[axis] * stride[axis] - padding[axis] + tap[axis] * dilation[axis];
    return result;
  }
};

// The list arguments from `first` on; `dilation` 0 where there is none.
Windows windows_of(const Call& call, const Shape& kernel, size_t stride, size_t padding, size_t dilation) {
  const size_t axes = call.type.shape.size() - 2;
  return {three(kernel, axes, 1), three(call.integers(stride), axes, 1),
          three(call.integers(padding), axes, 0),
          dilation == 0 ? Place{1, 1, 1} : three(call.integers(dilation), axes, 1)};
}

// Cross-correlation, as networks call convolution: the weight is not turned around.
Tensor conv(const Call& call) {
  const Shape& shape = call.type.shape;
  const Shape& x_shape = call.tensor(0).shape;
  const Shape& weight_shape = call.tensor(1).shape;
  const std::vector<double> x = read<double>(call.tensor(0), call.type.dtype),
                            weight = read<double>(call.tensor(1), call.type.dtype);
  const std::vector<double> bias =
      call.has(2) ? read<double>(call.tensor(2), call.type.dtype) : std::vector<double>();
  const Windows windows = windows_of(call, weight_shape, 3, 4, 5);
  const Place from = three(x_shape, shape.size() - 2, 1), to = three(shape, shape.size() - 2, 1);
  const int64_t out = shape[1], taken = weight_shape[1], of_group = out / call.integer(6);
  std::vector<double> result;
  for (int64_t image = 0; image < shape[0] * out; ++image) {
    const int64_t channel = image % out;
    const int64_t first = image / out * x_shape[1] + channel / of_group * taken;
    for_each_place(to, [&](const Place& window) {
      double sum = bias.empty() ? 0.0 : bias[static_cast<size_t>(channel)];
      for (int64_t c = 0; c < taken; ++c) {
        for_each_place(windows.kernel, [&](const Place& tap) {
          const Place at = windows.at(window, tap);
          if (inside(at, from))
            sum += x[offset(first + c, at, from)] * weight[offset(channel * taken + c, tap, windows.kernel)];
        });
      }
      result.push_back(sum);
    });
  }
  return write(result, call.type);
}

Tensor conv_transpose2d(const Call& call) {
  const Shape& shape = call.type.shape;
  const Shape& x_shape = call.tensor(0).shape;
  const Shape& weight_shape = call.tensor(1).shape;
  const std::vector<double> x = read<double>(call.tensor(0), call.type.dtype),
                            weight = read<double>(call.tensor(1), call.type.dtype);
  const Windows windows = windows_of(call, weight_shape, 3, 4, 6);
  const Place from = three(x_shape, 2, 1), to = three(shape, 2, 1);
  const int64_t in = x_shape[1], given = weight_shape[1], of_group = in / call.integer(7);
  std::vector<double> result(static_cast<size_t>(element_count(shape)), 0);
  if (call.has(2)) {
    const std::vector<double> bias = read<double>(call.tensor(2), call.type.dtype);
    for (size_t i = 0; i < result.size(); ++i)
      result[i] = bias[i / static_cast<size_t>(volume(to)) % bias.size()];
  }
  for (int64_t image = 0; image < x_shape[0] * in; ++image) {
    const int64_t channel = image % in;
    const int64_t first = image / in * shape[1] + channel / of_group * given;
    for_each_place(from, [&](const Place& place) {
      for (int64_t c = 0; c < given; ++c) {
        for_each_place(windows.kernel, [&](const Place& tap) {
          const Place at = windows.at(place, tap);
          if (inside(at, to))
            result[offset(first + c, at, to)] +=
                x[offset(image, place, from)] * weight[offset(channel * given + c, tap, windows.kernel)];
        });
      }
    });
  }
  return write(result, call.type);
}

// `answer` of the elements of each window that are no padding.
template <typename Answer>
Tensor pooled(const Call& call, Answer answer) {
  const std::vector<double> x = read<double>(call.tensor(0), call.type.dtype);
  const Windows windows = windows_of(call, call.integers(1), 2, 3, 0);
  const Place from = three(call.tensor(0).shape, 2, 1), to = three(call.type.shape, 2, 1);
  std::vector<double> result;
  for (int64_t image = 0; image < call.type.shape[0] * call.type.shape[1]; ++image) {
    for_each_place(to, [&](const Place& window) {
      std::vector<double> seen;
      for_each_place(windows.kernel, [&](const Place& tap) {
        const Place at = windows.at(window, tap);
        if (inside(at, from)) seen.push_back(x[offset(image, at, from)]);
      });
      result.push_back(answer(seen, windows));
    });
  }
  return write(result, call.type);
}

Tensor max_pool2d(const Call& call) {
  return pooled(call, [](const std::vector<double>& seen, const Windows&) {
    double best = -std::numeric_limits<double>::infinity();
    for (const double x : seen) best = std::isnan(x) || x > best ? x : best;
    return best;
  });
}

Tensor avg_pool2d(const Call& call) {
  return pooled(call, [&](const std::vector<double>& seen, const Windows& windows) {
    double sum = 0;
    for (const double x : seen) sum += x;
    return sum / (call.integer(4) != 0 ? static_cast<double>(volume(windows.kernel))
                                       : static_cast<double>(seen.size()));
  });
}

// The two neighbours of a place between elements, and how much the second one counts.
struct Neighbours {
  int64_t low, high;
  double share;
};

Neighbours neighbours(int64_t i, int64_t old_extent, int64_t new_extent, bool align_corners) {
  const auto place = static_cast<double>(i), from = static_cast<double>(old_extent),
             to = static_cast<double>(new_extent);
  double at = 0;
  if (!align_corners)
    at = std::max(0.0, (place + 0.5) * from / to - 0.5);
  else if (new_extent > 1)
    at = place * (from - 1) / (to - 1);
  const int64_t low = std::min(static_cast<int64_t>(at), old_extent - 1);
  return {low, std::min(low + 1, old_extent - 1), at - static_cast<double>(low)};
}

Tensor resize_bilinear(const Call& call) {
  const std::vector<double> x = read<double>(call.tensor(0), call.type.dtype);
  const Place from = three(call.tensor(0).shape, 2, 1), to = three(call.type.shape, 2, 1);
  const bool align_corners = call.integer(2) != 0;
  std::vector<double> result;
  for (int64_t image = 0; image < call.type.shape[0] * call.type.shape[1]; ++image) {
    for_each_place(to, [&](const Place& place) {
      const Neighbours row = neighbours(place[1], from[1], to[1], align_corners);
      const Neighbours column = neighbours(place[2], from[2], to[2], align_corners);
      const auto along = [&](int64_t y) {
        return (1 - column.share) * x[offset(image, {0, y, column.low}, from)] +
               column.share * x[offset(image, {0, y, column.high}, from)];
      };
      result.push_back((1 - row.share) * along(row.low) + row.share * along(row.high));
    });
  }
  return write(result, call.type);
}

constexpr OpRow<OpFunction> kRows[] = {{"conv1d", conv},
                                       {"conv2d", conv},
                                       {"conv3d", conv},
                                       {"conv_transpose2d", conv_transpose2d},
                                       {"max_pool2d", max_pool2d},
                                       {"avg_pool2d", avg_pool2d},
                                       {"resize_bilinear", resize_bilinear}};

}  // namespace

OpFunction find_window_op(std::string_view name) { return find_function(kRows, name); }

}  // namespace vernier::core::reference
