// Buffers of a run over files hold codes: one scale and zero point for a whole tensor (docs/program.md,
// "Values and codes"). Formulas are in float64; a value is rounded to float32 once.
#pragma once

#include "tensor/qparams.h"
#include "tensor/tensor.h"

namespace vernier::core {

// What the elements are, as float64: (code - zero_point) * scale, or float32 values where `grid` is null.
[[nodiscard]] Tensor real_values(const Tensor& x, const QParams* grid);

// float32 values as a buffer holds them: their codes on `grid`, half to even, saturating; themselves where
// it is null. Throws Error (kData) for a NaN, which has no code.
[[nodiscard]] Tensor buffer_content(const Tensor& values, const QParams* grid);

// One value everywhere, as a buffer of that dtype holds it. Of integers a value that the dtype has.
[[nodiscard]] Tensor filled(DType dtype, const Shape& shape, double value, const QParams* grid);

// int32 and int64 into each other; else the tensor itself, if its dtype is `to` already. Throws Error (kData)
// for an integer that does not fit, and for any other pair of dtypes.
[[nodiscard]] Tensor as_integers(const Tensor& x, DType to);

// "int16, scale 0.5, zero point 0", or "float32".
[[nodiscard]] std::string describe_grid(const QParams* grid);

}  // namespace vernier::core
