// Whether the executors that a recipe asks for can run at all, before anything is calibrated.
#pragma once

#include "session/prepare.h"

namespace vernier::core {

// Opens each of them on an empty file of the export's name. What it says of that file does not matter, but
// for VERNIER_NOT_FOUND: the runtime that it needs is not there. Throws Error (kPlugin) with the export
// entry's place; for a file whose name no executor takes.
void check_executors(const Prepared& p);

}  // namespace vernier::core
