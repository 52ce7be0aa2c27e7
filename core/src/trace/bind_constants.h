// The constants that a forward makes get a place among the tree's parameters, beside those that wrappers
// declared: whatever looks at parameters (observers, files, the report) sees them too.
#pragma once

#include "graph/graph.h"
#include "module/module_tree.h"

namespace vernier::core {

// Tables, and what the entry calculates from constants alone (graph/constant_expressions.h), become
// parameters. They are found again by name and content: traces of equal shapes have equal ones, and a second
// of a name is called "<name>#2". A table or a declared parameter without a site that goes into quantize
// alone gets that site. Throws Error (kPlugin) for a parameter that is so quantized in one trace and
// read otherwise in another, and for a site with channels that gets tensors with different numbers of them.
// `is_exported`: the trace is of the shapes that a file gets.
[[nodiscard]] Graph bind_constants(Graph traced, ModuleTree& tree, bool is_exported);

}  // namespace vernier::core
