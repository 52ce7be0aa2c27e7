// Elements of other float dtypes as float32. Of half precision exactly, as every value of theirs is one of
// float32; NaN keeps its bits.
#pragma once

#include <cstddef>
#include <cstdint>

#include "vernier/dtype.h"

namespace vernier::core {

void bfloat16_to_float32(const uint16_t* x, float* y, int64_t n);
void float16_to_float32(const uint16_t* x, float* y, int64_t n);
// Rounded to the nearest, half to even.
void float64_to_float32(const double* x, float* y, int64_t n);

// Elements of a dense tensor of any float dtype as float32, a block at a time, so that no pass needs all of
// them widened at once.
class FloatBlocks {
 public:
  // `dtype` is float16, bfloat16, float32 or float64; `data` is aligned to it.
  FloatBlocks(const std::byte* data, DType dtype) : data_(data), dtype_(dtype) {}

  // Blocks lie in the tensor itself, and `scratch` is not used.
  [[nodiscard]] bool is_direct() const { return dtype_ == kFloat32; }
  // Elements [first, first + count), in the tensor or in `scratch`, which has room for them.
  [[nodiscard]] const float* read(int64_t first, int64_t count, float* scratch) const;

 private:
  const std::byte* data_;
  DType dtype_;
};

}  // namespace vernier::core
