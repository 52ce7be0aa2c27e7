// What a reader must understand of a graph, or it would silently turn it into a wrong file.
//
// Ops and dtypes need no feature: a backend lists them in its manifest and fails by itself on others.
// Features are for what a reader written earlier would pass over:
//   per_channel   a value has one scale per index of an axis; a reader that takes the first scale is wrong
//   blocks        a value has one scale per block along its last axis
//   sub_byte      a value's elements are below 8 bits, packed low bits first
//   open_extents  an axis of a value has an extent that the caller of the file chooses
//   op_version    a node's op has a version above 1; a reader that looks at the name alone is wrong
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "graph/graph.h"

namespace vernier::core {

struct FeatureUse {
  std::string feature;
  std::string where;  // the first value or node that needs it
};

// Sorted by feature, each once.
std::vector<FeatureUse> feature_uses(const Graph& graph);
std::vector<std::string> features(const Graph& graph);
bool is_known_feature(std::string_view feature);

}  // namespace vernier::core
