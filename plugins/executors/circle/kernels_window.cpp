// Windows over images [N, H, W, C]: sums of products, means, the greatest element.
#include <cmath>

#include "copier.h"
#include "indices.h"
#include "kernels.h"
#include "windows.h"

namespace circle_executor {

namespace {

// Convolution as its operands have it. A depthwise kernel is [1, H, W, out], another [out, H, W, in /
// groups].
struct Convolution {
  WindowAxis height, width;
  int64_t channels, outputs, inner;  // of x, of the result, that one output sums over
  bool is_depthwise;

  [[nodiscard]] int64_t first_channel(int64_t output) const {
    return is_depthwise ? output / (outputs / channels) : output / (outputs / (channels / inner)) * inner;
  }
  [[nodiscard]] int64_t tap(int64_t output, int64_t y, int64_t x, int64_t c) const {
    const int64_t place = y * width.kernel + x;
    return is_depthwise ? place * outputs + output
                        : (output * height.kernel * width.kernel + place) * inner + c;
  }
};

// Calls f(element of x, element of the kernel) for each tap of a window that lies inside the image.
template <typename Function>
void each_tap(const Convolution& c, int64_t image, int64_t row, int64_t column, int64_t output, Function f) {
  const int64_t first = c.first_channel(output);
  for (int64_t y = 0; y < c.height.kernel; ++y) {
    const int64_t at_y = c.height.at(row, y);
    if (!c.height.is_inside(at_y)) continue;
    for (int64_t x = 0; x < c.width.kernel; ++x) {
      const int64_t at_x = c.width.at(column, x);
      if (!c.width.is_inside(at_x)) continue;
      const int64_t base = ((image * c.height.extent + at_y) * c.width.extent + at_x) * c.channels + first;
      for (int64_t k = 0; k < c.inner; ++k) f(base + k, c.tap(output, y, x, k));
    }
  }
}

void convolve(const Call& call, const Convolution& c, Clamp clamp) {
  const WindowSums sums(call, call.input(0), call.input(1), call.has_input(2) ? &call.input(2) : nullptr,
                        c.outputs, clamp);
  call.take(static_cast<double>(call.result().tensor->elements) *
            static_cast<double>(c.height.kernel * c.width.kernel * c.inner));
  const int64_t images = call.input(0).tensor->shape()[0];
  int64_t place = 0;
  for (int64_t n = 0; n < images; ++n) {
    for (int64_t row = 0; row < c.height.count; ++row) {
      for (int64_t column = 0; column < c.width.count; ++column) {
        for (int64_t output = 0; output < c.outputs; ++output, ++place)
          sums.put(place, output, c.tap(output, 0, 0, 0),
                   [&](auto add) { each_tap(c, n, row, column, output, add); });
      }
    }
  }
}

}  // namespace

// Both kinds from here on: what is left after the shapes are known to fit.
template <typename Options>
void convolve_image(const Call& call, const Options& options, int64_t outputs, int64_t inner,
                    bool is_by_channel) {
  const Shape& x = call.input(0).tensor->shape();
  const Shape& kernel = call.input(1).tensor->shape();
  const Convolution c = {
      window_axis(call, x[1], kernel[1], options.stride_h(), options.dilation_h_factor(), options.padding()),
      window_axis(call, x[2], kernel[2], options.stride_w(), options.dilation_w_factor(), options.padding()),
      x[3],
      outputs,
      inner,
      is_by_channel};
  call.check_shape({x[0], c.height.count, c.width.count, outputs});
  convolve(call, c, call.clamp(options.fused_activation_function()));
}

void conv_2d(const Call& call) {
  const Shape& x = image_shape(call, call.input(0), 4);
  const Shape& kernel = kernel_shape(call, call.input(1), 4);
  const auto& options = call.options<circle::Conv2DOptions>();
  const int64_t inner = kernel[3], outputs = kernel[0];
  if (inner < 1 || x[3] % inner != 0 || outputs % std::max<int64_t>(x[3] / inner, 1) != 0 || x[3] < inner)
    call.fail("has a kernel " + call.input(1).tensor->described() + " that does not fit its channels");
  convolve_image(call, options, outputs, inner, false);
}

void depthwise_conv_2d(const Call& call) {
  const Shape& x = image_shape(call, call.input(0), 4);
  const Shape& kernel = kernel_shape(call, call.input(1), 4);
  const auto& options = call.options<circle::DepthwiseConv2DOptions>();
  const int64_t outputs = kernel[3];
  if (kernel[0] != 1 || x[3] < 1 || outputs % x[3] != 0 || outputs < 1)
    call.fail("has a kernel " + call.input(1).tensor->described() + " that does not fit its channels");
  convolve_image(call, options, outputs, 1, true);
}

namespace {

// Calls f(first element of the result's place, elements of x in the window) for each channel.
template <typename Function>
void each_pool(const Call& call, Function f) {
  const Shape& x = image_shape(call, call.input(0), 4);
  const auto& options = call.options<circle::Pool2DOptions>();
  const WindowAxis height =
      window_axis(call, x[1], options.filter_height(), options.stride_h(), 1, options.padding());
  const WindowAxis width =
      window_axis(call, x[2], options.filter_width(), options.stride_w(), 1, options.padding());
  call.check_shape({x[0], height.count, width.count, x[3]});
  call.take(static_cast<double>(call.result().tensor->elements) *
            static_cast<double>(height.kernel * width.kernel));
  int64_t place = 0;
  std::vector<int64_t> window;
  for (int64_t n = 0; n < x[0]; ++n) {
    for (int64_t row = 0; row < height.count; ++row) {
      for (int64_t column = 0; column < width.count; ++column) {
        for (int64_t c = 0; c < x[3]; ++c, ++place) {
          window.clear();
          for (int64_t k = 0; k < height.kernel * width.kernel; ++k) {
            const int64_t at_y = height.at(row, k / width.kernel), at_x = width.at(column, k % width.kernel);
            if (height.is_inside(at_y) && width.is_inside(at_x))
              window.push_back(((n * x[1] + at_y) * x[2] + at_x) * x[3] + c);
          }
          f(place, window);
        }
      }
    }
  }
}

}  // namespace

// The mean of what lies inside the image.
void average_pool_2d(const Call& call) {
  const Value& x = call.input(0);
  const Clamp clamp = call.clamp(call.options<circle::Pool2DOptions>().fused_activation_function());
  const Writer writer(*call.result().tensor, call.result().data, clamp);
  const Reals reals(x);
  each_pool(call, [&](int64_t place, const std::vector<int64_t>& window) {
    const auto count = static_cast<double>(window.size());
    if (x.tensor->is_float()) {
      double sum = 0;
      for (const int64_t i : window) sum += reals[i];
      return writer.put(place, sum / count);
    }
    int64_t sum = 0;
    for (const int64_t i : window) sum += code_at(x, i) - x.tensor->file.zero_point[0];
    const double scale = x.tensor->file.scale[0];
    writer.put(place, static_cast<double>(sum) * scale / count, [&] {
      return Ratio{static_cast<Quad>(sum) * Quad{scale}, Quad{count}};
    });
  });
}

void max_pool_2d(const Call& call) {
  const Value& x = call.input(0);
  if (call.options<circle::Pool2DOptions>().fused_activation_function() !=
      circle::ActivationFunctionType::NONE)
    call.cannot("has a fused activation");
  const Copier copier(call, x, call.result());
  const Reals reals(x);
  each_pool(call, [&](int64_t place, const std::vector<int64_t>& window) {
    int64_t best = window.front();
    for (const int64_t i : window) {
      if (std::isnan(reals[best])) break;
      if (std::isnan(reals[i]) || reals[i] > reals[best]) best = i;
    }
    copier.copy(best, place);
  });
}

namespace {

// Where an element of the result lies among the operand's: between two of them, and how far from the first.
struct Between {
  int64_t low, high;
  double share;
};

Between between(int64_t i, int64_t old_extent, int64_t new_extent, bool align, bool half) {
  const auto last = static_cast<double>(old_extent - 1);
  double place = static_cast<double>(i) * static_cast<double>(old_extent) / static_cast<double>(new_extent);
  if (half)
    place =
        (static_cast<double>(i) + 0.5) * static_cast<double>(old_extent) / static_cast<double>(new_extent) -
        0.5;
  if (align) place = new_extent > 1 ? static_cast<double>(i) * last / static_cast<double>(new_extent - 1) : 0;
  place = std::min(std::max(place, 0.0), last);
  const auto low = static_cast<int64_t>(place);
  return {low, std::min(low + 1, old_extent - 1), place - static_cast<double>(low)};
}

}  // namespace

void resize_bilinear(const Call& call) {
  const Shape& x = image_shape(call, call.input(0), 4);
  const auto& options = call.options<circle::ResizeBilinearOptions>();
  const std::vector<int64_t> size = call.integers(1);
  if (size.size() != 2 || size[0] < 1 || size[1] < 1 || x[1] < 1 || x[2] < 1)
    call.fail("wants a height and a width, and an image that has some");
  call.check_shape({x[0], size[0], size[1], x[3]});
  const bool align = options.align_corners(), half = options.half_pixel_centers();
  const Writer writer(*call.result().tensor, call.result().data);
  const Reals reals(call.input(0));
  int64_t place = 0;
  for (int64_t n = 0; n < x[0]; ++n) {
    for (int64_t row = 0; row < size[0]; ++row) {
      const Between y = between(row, x[1], size[0], align, half);
      for (int64_t column = 0; column < size[1]; ++column) {
        const Between at = between(column, x[2], size[1], align, half);
        for (int64_t c = 0; c < x[3]; ++c, ++place) {
          const auto real = [&](int64_t r, int64_t col) {
            return reals[((n * x[1] + r) * x[2] + col) * x[3] + c];
          };
          const double top = real(y.low, at.low) * (1 - at.share) + real(y.low, at.high) * at.share;
          const double bottom = real(y.high, at.low) * (1 - at.share) + real(y.high, at.high) * at.share;
          writer.put(place, top * (1 - y.share) + bottom * y.share);
        }
      }
    }
  }
}

}  // namespace circle_executor
