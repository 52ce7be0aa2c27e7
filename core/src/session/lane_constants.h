// What the lanes of a sweep make of constants before ops read them, in bytes.
#pragma once

#include <array>

#include "module/module_tree.h"
#include "sweep/segments.h"

namespace vernier::core {

// Of the float lane, and of the rounded one. `tree` must outlive them.
[[nodiscard]] std::array<ConstantBytes, 2> lane_constants(const ModuleTree& tree);

}  // namespace vernier::core
