// Sites that share qparams: from paths as wrappers give them to places in the tree.
#pragma once

#include "module/module_tree.h"

namespace vernier::core {

// Fills Site::tied_to of each site with a tie, chains followed to their end. A path is looked up below the
// site's module first, then as a whole. Throws Error (kPlugin) naming both sites: a path that is no site, a
// circle.
void resolve_ties(ModuleTree& tree);

}  // namespace vernier::core
