// Scales of weights after their observers: raised where a bias would not fit, and looked at for weights that
// are lost.
#pragma once

#include <set>
#include <string>

#include "graph/graph.h"
#include "module/module_tree.h"

namespace vernier::core {

class Device;

// Raises the scale of each weight channel (of the tensor, where one scale serves it) whose bias would not fit
// its integer, see graph/bias_fit.h, and with it the weight's codes. The zero point stays: a greater scale
// covers all that it covered. The new qparams and Site::raised are in the tree, the new qparams in
// `recorded` too, which is what a forward in quantize mode recorded. What is raised loses weight precision;
// its products are then so small beside the bias that an integer accumulator could not hold both. Returns
// the sites that changed. Throws Error (kData) naming a bias that is not finite.
std::set<int> raise_weight_scales(ModuleTree& tree, Graph& recorded, Device& device);

// "the scale of channels 3, 5 of a/weight was raised so that bias a.bias fits"
std::string raised_line(const Site& site);

// Throws Error (kData) for the first site of `sites` whose weight became nothing but zeros, see
// Site::zero_codes. A weight with a scale for each channel may: there the bias that raised the scale
// outweighs what the channel's weights can add.
void require_weights_after_raise(const ModuleTree& tree, const std::set<int>& sites);
// The same for the parameter's site as its observer left it, or the file `scales_from`, whatever the
// granularity.
void require_weight(const Parameter& parameter, const Site& site, const std::string& scales_from);

}  // namespace vernier::core
