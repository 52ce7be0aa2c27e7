// Host steps that say which tokens a token sees: what is added to scores, 0 where it does, else -depth.
// docs/program.md has the formulas.
#pragma once

#include <cstdint>

#include "tensor/tensor.h"

namespace vernier::core::steps {

// float32 of `shape`, whose last extents are queries and keys and whose others are 1. Query i has position
// first + i. `window` 0: none.
[[nodiscard]] Tensor causal_mask(const Shape& shape, int64_t first, int64_t window, double depth);

// float32 of `shape`, whose last extent is the cache's slots and the token's own and whose others are 1.
// `ring` 0: slot s holds position s. Throws Error (kData) where the slots do not hold `past` tokens.
[[nodiscard]] Tensor cache_mask(const Shape& shape, int64_t past, int64_t window, int64_t ring, double depth);

}  // namespace vernier::core::steps
