// Which tensor of the checkpoint a declared parameter is, whole or in part.
#pragma once

#include <optional>
#include <string>

#include "checkpoint/parameter_source.h"
#include "module/module_tree.h"
#include "vernier/abi/module.h"

namespace vernier::core {

// Throws Error naming the tensor unless `found` has the shape (-1: any extent) and a float dtype.
void require_fit(const std::string& path, const Tensor& found, const Shape& wanted);

// Gives `parameter`, of the module at `module`, its tensor: source, key and part. `wanted` is its declared
// shape. False where it is optional and absent. Throws Error: no such tensor, nor its alias; another shape or
// dtype; a part that is empty or reaches beyond the tensor.
[[nodiscard]] bool bind_parameter(Parameter& parameter, const std::string& module, const Shape& wanted,
                                  const vernier_parameter_declaration& declaration,
                                  const ParameterSource& source);

}  // namespace vernier::core
