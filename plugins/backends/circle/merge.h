// Several models as one: a subgraph each.
#pragma once

#include <string>
#include <vector>

#include "model.h"

namespace circle_backend {

struct Part {
  std::string name;  // of the subgraph, and the key of its signature
  Model model;       // of one subgraph
};

// Subgraphs in the order of the parts, each with a signature. Operator codes stand once; constants of one
// `constant_id`, and equal ones that the lowering made, share a buffer. Data::graph becomes the part's place.
// Throws where a signature of a part would have an input or output twice.
Model merge(std::vector<Part> parts);

}  // namespace circle_backend
