// Qparams of sites that see no tensors: a wrapper declared their range, or tied them to another site.
#pragma once

#include "calibration/observer.h"
#include "module/module_tree.h"

namespace vernier::core {

// What the observer of a site with a declared range makes of its two numbers, which it sees once; `shape` is
// that of the site's tensors, each channel of which has this range. Throws Error as Observer does.
QParams qparams_of_range(HostServices& services, LoadedObserver loaded, const Site& site, const Shape& shape);

// Sites that share one set of qparams with `site`, itself among them, ascending.
std::vector<int> tied_with(const ModuleTree& tree, int site);

}  // namespace vernier::core
