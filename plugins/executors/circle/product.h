// rows x columns: the product behind FULLY_CONNECTED and BATCH_MATMUL.
#pragma once

#include "call.h"

namespace circle_executor {

// A matrix within a tensor: element (row, k) stands at first + row * row_step + k * k_step.
struct Matrix {
  const Value* value = nullptr;
  int64_t first = 0;
  int64_t rows = 0;
  int64_t row_step = 0;
  int64_t k_step = 1;
};

// Added to each column; absent where `value` is null.
struct Bias {
  const Value* value = nullptr;
  // Codes of scale a * b[column], added to an exact sum; else reals.
  bool is_codes = false;
};

// Whether sums are made of codes up to 16 bits, exactly: `a` has one scale, `b` one or one a row. Others are
// made of doubles.
bool has_exact_sums(const Matrix& a, const Matrix& b);

// result[row, column] = sum over k of a[row, k] * b[column, k], + bias[column], into the result's elements
// from `to` on, in rows.
void multiply(const Call& call, const Matrix& a, const Matrix& b, int64_t depth, const Bias& bias,
              const Writer& writer, int64_t to);

// A bias of codes must be at the scale of the sums that it is added to: kernels add it without looking.
// Throws Error where it is not.
void check_bias_scale(const Call& call, const Tensor& x, const Tensor& weight, const Tensor& bias,
                      int64_t columns);

}  // namespace circle_executor
