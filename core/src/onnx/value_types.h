// Types of the values between a file's operators, where the file does not say them.
#pragma once

#include "onnx/model.h"
#include "vernier/core/run_control.h"

namespace vernier::core {

// Sets the type of each value that an operator makes and whose type follows from its operands: of operators
// of the standard whose result has the type of an operand or always the same, as their schemas say. Others,
// and those that the standard got later, stay unknown. Linear.
void infer_types(OnnxModel& model, const RunControl& control);

}  // namespace vernier::core
