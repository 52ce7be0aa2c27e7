// The units of a recipe's program, as the pipeline has units: calibrated on what the samples give them,
// traced and exported with the shapes of the recipe's profile.
#pragma once

#include <memory>
#include <vector>

#include "program/entry_units.h"
#include "session/prepare.h"
#include "session/unit.h"

namespace vernier::core {

// Sites at the boundaries of units are tied, see tie_boundaries(). All must outlive the units. Throws Error:
// what open_requests(), ProgramSamples and tie_boundaries() throw; kPlugin where the program names a module,
// an entry or names of inputs that the model does not have.
[[nodiscard]] std::vector<std::unique_ptr<Unit>> open_program_units(Prepared& p, Device& device,
                                                                    KeptCodes& codes,
                                                                    EntryUnits::Runners& runners);

}  // namespace vernier::core
