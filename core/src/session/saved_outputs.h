// What `vernier run --save-outputs` writes of units.
#pragma once

#include <filesystem>
#include <memory>
#include <vector>

#include "session/evaluate.h"

namespace vernier::core {

// Output k of evaluation sample 0 as float_out.<k> and quant_out.<k>, of sample i > 0 as float_out.<k>.<i>
// and quant_out.<k>.<i>; of several units each behind its name: <unit>.float_out.<k>. An output with a name
// has that in the place of k.
void write_unit_outputs(const std::filesystem::path& path, const std::vector<std::unique_ptr<Unit>>& units,
                        const std::vector<Evaluation>& evaluations);

}  // namespace vernier::core
