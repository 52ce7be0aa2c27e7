// What each operator of the format must look like: its options table and its operands. Operators that are not
// listed are not judged.
#pragma once

#include <cstdint>

#include "circle_generated.h"

namespace vernier::core {

struct OperatorRule {
  circle::BuiltinOperator code;
  circle::BuiltinOptions options;  // NONE: none, or an empty table of its own
  uint8_t least, most;             // operands; 255: any number
  uint8_t results;
  uint32_t optional = 0;  // bit i: operand i may be absent (-1)
};

// Null where the operator is not listed.
const OperatorRule* find_operator_rule(circle::BuiltinOperator code);

}  // namespace vernier::core
