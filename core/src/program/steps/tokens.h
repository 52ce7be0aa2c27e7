// Host steps that look at tokens and scores. docs/program.md has the formulas.
#pragma once

#include <cstdint>

#include "tensor/tensor.h"

namespace vernier::core::steps {

// int32 of `shape`, one for each of `tokens` (int32): its own number, or for the k-th `image_token` the
// number of the row of the k-th soft token behind them. The first `pictures` elements of `soft_tokens`
// (int32) count. Throws Error (kData) where there are not as many of the one as of the other, or a picture
// has more than `rows_per_picture`.
[[nodiscard]] Tensor fusion_source(const Tensor& tokens, const Tensor& soft_tokens, int64_t pictures,
                                   int64_t image_token, int64_t rows_per_picture, const Shape& shape);

// Throws Error (kData) unless first ... first + count - 1 are `image_token` and no other token is.
void require_image_tokens(const Tensor& tokens, int64_t image_token, int64_t first, int64_t count);

// cap * tanh(x / cap), float64 to float32.
[[nodiscard]] Tensor softcap(const Tensor& logits, double cap);

// int32 of `shape`: for each row of the last axis (float64) the lowest index of its greatest element. Throws
// Error (kData) for a NaN.
[[nodiscard]] Tensor argmax(const Tensor& logits, const Shape& shape);

}  // namespace vernier::core::steps
