// Windows that CONV_2D does not know: over three axes, and turned around.
#include <algorithm>

#include "kernels.h"
#include "windows.h"

namespace circle_executor {

namespace {

const Value* bias_of(const Call& call, size_t i) { return call.has_input(i) ? &call.input(i) : nullptr; }

// Three axes under a window, the result's channels behind them.
struct Volume {
  WindowAxis axes[3];
  int64_t channels, outputs;  // of x, of the result

  [[nodiscard]] int64_t taps() const { return axes[0].kernel * axes[1].kernel * axes[2].kernel; }
  [[nodiscard]] int64_t windows() const { return axes[0].count * axes[1].count * axes[2].count; }

  // Calls f(element of x, element of the kernel) for each tap inside the volume. Kernel: [D, H, W, in, out].
  template <typename Function>
  void each_tap(int64_t image, int64_t window, int64_t output, Function f) const {
    const int64_t at[3] = {window / (axes[1].count * axes[2].count), window / axes[2].count % axes[1].count,
                           window % axes[2].count};
    for (int64_t tap = 0; tap < taps(); ++tap) {
      const int64_t taps_at[3] = {tap / (axes[1].kernel * axes[2].kernel),
                                  tap / axes[2].kernel % axes[1].kernel, tap % axes[2].kernel};
      int64_t base = image;
      bool is_inside = true;
      for (size_t axis = 0; axis < 3; ++axis) {
        const int64_t place = axes[axis].at(at[axis], taps_at[axis]);
        is_inside = is_inside && axes[axis].is_inside(place);
        base = base * axes[axis].extent + place;
      }
      if (!is_inside) continue;
      for (int64_t c = 0; c < channels; ++c) f(base * channels + c, (tap * channels + c) * outputs + output);
    }
  }
};

}  // namespace

void conv_3d(const Call& call) {
  const Shape& x = image_shape(call, call.input(0), 5);
  const Shape& kernel = kernel_shape(call, call.input(1), 5);
  const auto& options = call.options<circle::Conv3DOptions>();
  if (kernel[3] != x[4] || kernel[4] < 1)
    call.fail("has a kernel " + call.input(1).tensor->described() + " that does not fit its channels");
  const auto axis = [&](size_t i, int64_t stride, int64_t dilation) {
    return window_axis(call, x[i + 1], kernel[i], stride, dilation, options.padding());
  };
  const Volume v = {{axis(0, options.stride_d(), options.dilation_d_factor()),
                     axis(1, options.stride_h(), options.dilation_h_factor()),
                     axis(2, options.stride_w(), options.dilation_w_factor())},
                    x[4],
                    kernel[4]};
  call.check_shape({x[0], v.axes[0].count, v.axes[1].count, v.axes[2].count, v.outputs});
  const WindowSums sums(call, call.input(0), call.input(1), bias_of(call, 2), v.outputs,
                        call.clamp(options.fused_activation_function()));
  call.take(static_cast<double>(call.result().tensor->elements) * static_cast<double>(v.taps()) *
            static_cast<double>(v.channels));
  int64_t place = 0;
  for (int64_t n = 0; n < x[0]; ++n) {
    for (int64_t window = 0; window < v.windows(); ++window) {
      for (int64_t output = 0; output < v.outputs; ++output, ++place)
        sums.put(place, output, output, [&](auto add) { v.each_tap(n, window, output, add); });
    }
  }
}

namespace {

// The image's element that tap `k` takes to place `at` of the result; -1 where there is none.
int64_t taken_from(const WindowAxis& result, int64_t at, int64_t k) {
  const int64_t moved = at + result.before - k;
  return moved < 0 || moved % result.stride != 0 || moved / result.stride >= result.count
             ? -1
             : moved / result.stride;
}

// `shape`: [N, H, W, out] of the result; kernel [out, H, W, in]. A window over the result makes the image.
void check_transposed(const Call& call, const Shape& shape, const Shape& x, const Shape& kernel,
                      const WindowAxis& height, const WindowAxis& width) {
  if (kernel[3] != x[3] || kernel[0] < 1 || shape[0] != x[0] || shape[3] != kernel[0])
    call.fail("has a kernel " + call.input(1).tensor->described() + " that does not fit its channels");
  if (height.count != x[1] || width.count != x[2])
    call.fail("wants a result of " + std::to_string(shape[1]) + " by " + std::to_string(shape[2]) +
              ", which " + call.input(2).tensor->described() + " does not make");
}

}  // namespace

// Each element of the image times the kernel, added up where it falls.
void transpose_conv(const Call& call) {
  const Value& image = call.input(2);
  const Shape& x = image_shape(call, image, 4);
  const Shape& kernel = kernel_shape(call, call.input(1), 4);
  const auto& options = call.options<circle::TransposeConvOptions>();
  const Shape shape = call.integers(0);
  if (shape.size() != 4) call.fail("wants four extents as its first operand");
  call.check_shape(shape);
  const WindowAxis height = window_axis(call, shape[1], kernel[1], options.stride_h(), 1, options.padding());
  const WindowAxis width = window_axis(call, shape[2], kernel[2], options.stride_w(), 1, options.padding());
  check_transposed(call, shape, x, kernel, height, width);
  const WindowSums sums(call, image, call.input(1), bias_of(call, 3), kernel[0],
                        call.clamp(options.fused_activation_function()));
  call.take(static_cast<double>(call.result().tensor->elements) *
            static_cast<double>(kernel[1] * kernel[2] * kernel[3]));
  const auto add_taps = [&](int64_t n, int64_t row, int64_t column, int64_t output, auto add) {
    for (int64_t ky = 0; ky < kernel[1]; ++ky) {
      const int64_t y = taken_from(height, row, ky);
      for (int64_t kx = 0; y >= 0 && kx < kernel[2]; ++kx) {
        const int64_t at = taken_from(width, column, kx);
        for (int64_t c = 0; at >= 0 && c < kernel[3]; ++c)
          add(((n * x[1] + y) * x[2] + at) * x[3] + c,
              ((output * kernel[1] + ky) * kernel[2] + kx) * kernel[3] + c);
      }
    }
  };
  int64_t place = 0;
  for (int64_t n = 0; n < shape[0]; ++n) {
    for (int64_t row = 0; row < shape[1]; ++row) {
      for (int64_t column = 0; column < shape[2]; ++column) {
        for (int64_t output = 0; output < kernel[0]; ++output, ++place)
          sums.put(place, output, output * kernel[1] * kernel[2] * kernel[3],
                   [&](auto add) { add_taps(n, row, column, output, add); });
      }
    }
  }
}

}  // namespace circle_executor
