// A traced graph with what the tree's sites have by now.
#pragma once

#include "graph/graph.h"
#include "module/module_tree.h"

namespace vernier::core {

enum class QParamsOf {
  kPlan,       // stand-ins: one scale and zero point, repeated where a site has channels
  kConversion  // what observers gave
};

// Results of fake_quantize get their sites' qparams, and nothing says any more which rows observers saw;
// constants those of their parameter's site and the dtype of its codes: what fold() takes. Value and node
// indices stay. Throws Error (kInternal) for a site without qparams.
[[nodiscard]] Graph with_qparams(Graph traced, const ModuleTree& tree, QParamsOf which);

}  // namespace vernier::core
