// What operators that move a window over an image share: places under a window, and sums of products.
#pragma once

#include <cstdint>

#include "product.h"

namespace circle_executor {

// One axis of an image under a window.
struct WindowAxis {
  int64_t extent, kernel, stride, dilation;
  int64_t before = 0, count = 0;

  // Where tap `k` of window `i` lies; outside of [0, extent) in the padding.
  [[nodiscard]] int64_t at(int64_t i, int64_t k) const { return i * stride + k * dilation - before; }
  [[nodiscard]] bool is_inside(int64_t place) const { return place >= 0 && place < extent; }
};

// Throws Error where there is no such window.
WindowAxis window_axis(const Call& call, int64_t extent, int64_t kernel, int64_t stride, int64_t dilation,
                       circle::Padding padding);

// The shape of an operand of `rank` axes that has reals or one scale; throws Error for others.
const Shape& image_shape(const Call& call, const Value& x, size_t rank);
// The same of a kernel, whose scales may be more.
const Shape& kernel_shape(const Call& call, const Value& kernel, size_t rank);

// Elements of the result, each a sum of products of x and a kernel, and the bias of its output channel. Of
// codes the sum is exact, and so is a bias of codes.
class WindowSums {
 public:
  // `bias` may be null. Throws Error where the operands do not fit one another.
  WindowSums(const Call& call, const Value& x, const Value& kernel, const Value* bias, int64_t outputs,
             Clamp clamp);

  // `taps(f)` calls f(element of x, element of the kernel) for each product; `tap` is any of the kernel's
  // elements that belong to `output`.
  template <typename Taps>
  void put(int64_t place, int64_t output, int64_t tap, Taps taps) const {
    const double added = bias_ == nullptr || is_coded_bias_ ? 0.0 : Reals(*bias_)[output];
    if (!is_exact_) {
      double sum = added;
      taps([&](int64_t i, int64_t k) { sum += x_reals_[i] * kernel_reals_[k]; });
      return writer_.put(place, sum);
    }
    const size_t channel = kernel_.tensor->channel(tap);
    const int64_t x_zero = x_.tensor->file.zero_point[0];
    const int64_t kernel_zero = kernel_.tensor->file.zero_point[channel];
    int64_t sum = is_coded_bias_ ? code_at(*bias_, output) : 0;
    taps([&](int64_t i, int64_t k) {
      sum += (code_at(x_, i) - x_zero) * (code_at(kernel_, k) - kernel_zero);
    });
    const double scale = double{x_.tensor->file.scale[0]} * double{kernel_.tensor->file.scale[channel]};
    if (added != 0) return writer_.put(place, static_cast<double>(sum) * scale + added);
    writer_.put(place, static_cast<double>(sum) * scale,
                [&] { return Ratio{static_cast<Quad>(sum) * Quad{scale}}; });
  }

 private:
  const Value x_, kernel_;
  const Value* bias_;
  bool is_exact_, is_coded_bias_;
  Reals x_reals_, kernel_reals_;
  Writer writer_;
};

}  // namespace circle_executor
