// Who makes which tensor, and who reads it last.
#pragma once

#include <cstddef>
#include <vector>

#include "model.h"

namespace circle_executor {

// Throws Error (DATA_LOSS) unless each tensor is made once, by the caller, the file or one operator, before
// it is read.
void check_dataflow(const Model& model);

// For each operator, the computed tensors that nobody reads after it and that are no output.
std::vector<std::vector<TensorIndex>> dead_after(const Model& model);

}  // namespace circle_executor
