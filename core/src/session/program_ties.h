// One grid for each boundary between units: docs/program.md, "Values and codes".
#pragma once

#include <memory>
#include <vector>

#include "session/recipe_program.h"
#include "session/unit.h"

namespace vernier::core {

// Finds the sites that give the files of the units the grids of their inputs and outputs, and ties those that
// meet in a buffer, or in buffers between which a step copies codes, to one of them; specs are resolved
// again. Where units write such a buffer, what they write is observed at all their sites; where only the host
// does, what units read is. Fills RecipeProgram::ties. Throws Error (kUsage) where declared ranges of such
// sites differ; what resolve_specs() throws, for rules that name a tied site.
void tie_boundaries(Prepared& p, const std::vector<std::unique_ptr<Unit>>& units);

}  // namespace vernier::core
