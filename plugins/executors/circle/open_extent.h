// Files whose caller chooses an extent: -1 in shape signatures, 1 in the shapes beside them.
#pragma once

#include <cstdint>
#include <vector>

#include "call.h"
#include "model.h"

namespace circle_executor {

// The extent of these inputs at the file's open axes; 1 where it has none. Throws Error (INVALID_ARGUMENT)
// where they have several.
int64_t open_extent(const Model& model, const std::vector<Shape>& inputs);

// The model with that extent at each open axis; kernels tell where it does not follow from their operands.
// Throws Error: OUT_OF_RANGE for more than 2^40 elements, UNIMPLEMENTED where the file's own shapes have
// another extent than 1 there.
Model with_open_extent(const Model& model, int64_t extent);

}  // namespace circle_executor
