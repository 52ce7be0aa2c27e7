// Host steps over where the patches of a picture stand: `positions`, int32 [1, slots, 2], column and row of
// each slot's patch, -1 and -1 where a slot has none. docs/program.md has the formulas. Each throws Error
// (kData) for positions that mean no place.
#pragma once

#include <cstdint>

#include "program/steps/rotary.h"
#include "tensor/tensor.h"

namespace vernier::core::steps {

// -1 becomes 0.
[[nodiscard]] Tensor patch_positions(const Tensor& positions);
// Slots without a patch get what the last slot with one has; `pixels` [1, slots, width] of any dtype.
[[nodiscard]] Tensor pad_patches(const Tensor& pixels, const Tensor& positions);
// float32 of `shape`, [.., 1 or slots, slots]. `pairs`: queries in the padding are hidden, too.
[[nodiscard]] Tensor patch_mask(const Tensor& positions, const Shape& shape, double depth, bool pairs);
// float32 of `shape`, [.., slots, head_dim]; head_dim is a multiple of 4.
[[nodiscard]] CosAndSin patch_rotary(const Tensor& positions, const Shape& shape, double theta, bool negates);
// float32 of `shape`, [1, squares, slots]. Throws Error also for a picture that is no full grid of whole
// squares of `side` patches, or has more squares than rows.
[[nodiscard]] Tensor pool_weights(const Tensor& positions, const Shape& shape, int64_t side);
// int32 [1]: the squares of a picture. Throws Error as pool_weights().
[[nodiscard]] Tensor count_soft_tokens(const Tensor& positions, int64_t side);
// Throws Error unless the patches stand row by row from slot 0 on and are exactly this grid.
void require_grid(const Tensor& positions, int64_t rows, int64_t columns);

}  // namespace vernier::core::steps
