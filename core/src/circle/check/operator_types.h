// Types that follow from an operator's operands, against those that the file says.
#pragma once

#include <algorithm>
#include <iterator>

#include "circle/check/checked_model.h"

namespace vernier::core {

template <size_t count>
bool is_one_of(const circle::BuiltinOperator (&list)[count], circle::BuiltinOperator code) {
  return std::find(std::begin(list), std::end(list), code) != std::end(list);
}

// Does nothing for an operator without operand 0 or result.
void check_operator_types(CheckedModel& model, const CheckedSubgraph& subgraph, size_t index);

}  // namespace vernier::core
