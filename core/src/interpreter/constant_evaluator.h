// Computes the constants that a forward makes of others (Parameter::expression), once for all samples.
#pragma once

#include "device/device.h"
#include "module/module_tree.h"
#include "vernier/core/run_control.h"

namespace vernier::core {

// From this size on the elements lie in a file of the system's folder for temporary ones, which is mapped as
// the checkpoint is and gone when the tensor is.
inline constexpr uint64_t kScratchBytes = uint64_t{64} << 20;

// Gives `parameter`, one of `tree` that is_computed(), the elements of its source; nothing where it has them.
// Throws Error: an op's, with its module; kData where the temporary file cannot be written.
void compute_constant(Parameter& parameter, const ModuleTree& tree, Device& device,
                      const RunControl& control = RunControl::none(), uint64_t scratch_bytes = kScratchBytes);

}  // namespace vernier::core
