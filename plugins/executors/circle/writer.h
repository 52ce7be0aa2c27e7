// Reals into a tensor's elements: the one rounding that a result takes.
#pragma once

#include <algorithm>
#include <cmath>
#include <cstdint>

#include "tensor.h"

namespace circle_executor {

// numerator / denominator, denominator > 0.
struct Ratio {
  Quad numerator;
  Quad denominator = 1;
};

// What a fused activation clamps to.
struct Clamp {
  double low = -HUGE_VAL;
  double high = HUGE_VAL;
};

// Quantized: code = clamp(round_half_to_even(real / scale) + zero_point), NaN gives the least code. Float:
// rounded to float32.
class Writer {
 public:
  // Throws Error where the tensor is neither float nor quantized in at most 32 bits. `data` is the tensor's
  // memory.
  Writer(const Tensor& tensor, std::byte* data, Clamp clamp = {});

  // `real` is the result as near as double comes.
  void put(int64_t i, double real) const {
    put(i, real, [real] { return Ratio{real}; });
  }
  // `exact()` gives the Ratio that `real` is a rounding of; asked only where the rounding could decide a tie
  // wrongly.
  template <typename Exact>
  void put(int64_t i, double real, const Exact& exact) const {
    // Written so that NaN stays.
    const double clamped = real < clamp_.low ? clamp_.low : real > clamp_.high ? clamp_.high : real;
    if (tensor_.is_float()) return store(data_, i, static_cast<float>(clamped));
    const size_t channel = tensor_.channel(i);
    const double scale = tensor_.file.scale[channel];
    const double steps = clamped / scale;
    int64_t code = low_;
    if (steps >= kFar) {
      code = high_;
    } else if (steps > -kFar) {
      double whole = rounded(steps);
      if (std::abs(steps - whole) > 0.5 - kNearTie && clamped == real)
        whole = decided(std::floor(steps), scale, exact());
      code = std::clamp(static_cast<int64_t>(whole) + tensor_.file.zero_point[channel], low_, high_);
    }
    store_code(tensor_, data_, i, code);
  }

 private:
  static constexpr double kFar = 1e11;      // beyond each code of 32 bits
  static constexpr double kNearTie = 1e-4;  // more than the error of `steps`
  // To the even one at ties: adding 1.5 * 2^52 leaves no bit for a fraction.
  static double rounded(double steps) {
    constexpr double kShift = 6755399441055744.0;
    return (steps + kShift) - kShift;
  }
  // The integer nearest to ratio / scale, which is about below + 0.5.
  static double decided(double below, double scale, const Ratio& ratio);

  const Tensor& tensor_;
  std::byte* data_;
  Clamp clamp_;
  int64_t low_;
  int64_t high_;
};

}  // namespace circle_executor
