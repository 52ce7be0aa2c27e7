// The rows of a tensor that are worth a look.
#pragma once

#include "tensor/tensor.h"

namespace vernier::core {

// `where` is bool, with the extents of the first axes of `x`. The rows of `x` at which it is true, one after
// the other: of the same rank, with [how many there are, 1, …] in the place of those axes, so that the axes
// behind them keep their numbers. Where all are true nothing is copied.
[[nodiscard]] Tensor rows_where(const Tensor& x, const Tensor& where);

}  // namespace vernier::core
