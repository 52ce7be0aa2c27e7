// The report's ranking of sites: what each one costs at the outputs.
#pragma once

#include <nlohmann/json_fwd.hpp>

#include "session/pipeline.h"

namespace vernier::core {

// Of a run that was evaluated. {"measure", "samples", "rows": [{"sites": [path], "role", "sqnr_db"}]}, what
// costs most first; a row is a site with its twins (site_groups.h), of which the first is the cause. An SQNR
// is null where nothing is lost, or nothing was told of the sites. "measure" says what it is:
//   "one-quantized"  of the outputs of all evaluation samples, where the row alone is quantized;
//   "estimate"       the same, estimated on sample 0 of each unit (cost_estimate.h);
//   "own_grid"       of the values at the sites themselves, on their own grids: what a run has in hand.
// `is_full`, of a recipe without a program, wants the first. Else it is the second, where calibration and
// evaluation run so many samples that it takes a small part of the run's time, where the recipe has no
// program and does not limit memory; else the third. `statistics`: rows of a report's "statistics.sites".
// Throws Error: an op's, a stop.
[[nodiscard]] nlohmann::json site_costs(Pipeline& run, const nlohmann::json& statistics, bool is_full);

}  // namespace vernier::core
