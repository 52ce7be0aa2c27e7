// Discovery, probe and resolution in one call.
#pragma once

#include <vector>

#include "plugin/discovery.h"
#include "plugin/resolver.h"

namespace vernier::core {

// Every library of the search places with its final verdict, and the catalog of those that a run may use.
// Throws what discover() throws, and a stop where `control` asks for one.
Resolution find_plugins(const SearchOptions& options, const std::vector<Requirement>& requirements,
                        const RunControl& control = RunControl::none());

}  // namespace vernier::core
