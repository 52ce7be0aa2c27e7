// Which sites the units reach.
#pragma once

#include <memory>
#include <span>

#include "session/unit.h"

namespace vernier::core {

// Sets Site::is_reached. A site that no node of a unit's graph reaches and no parameter has is left out of
// the run where a wrapper has entries that no unit runs, which may use it; else Error (kData) names it. So it
// does where a site that is reached is tied to one that is not.
void mark_reached_sites(const Prepared& p, std::span<const std::unique_ptr<Unit>> units);

}  // namespace vernier::core
