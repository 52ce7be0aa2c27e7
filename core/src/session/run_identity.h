// What a run's calibration and evaluation follow from, as JSON that is equal where they are: a journal keeps
// results under it.
#pragma once

#include <memory>
#include <nlohmann/json_fwd.hpp>
#include <vector>

#include "session/prepare.h"
#include "session/unit.h"

namespace vernier::core {

// Parameters and the files they lie in, this program and its threads. Units are traced.
[[nodiscard]] nlohmann::json model_identity(const Prepared& p);

// What the observations of all units follow from: that, and calibration's graphs, samples, batch sizes. Not:
// dtypes, schemes, clipping, backends, evaluation.
[[nodiscard]] nlohmann::json calibration_identity(const Prepared& p,
                                                  const std::vector<std::unique_ptr<Unit>>& units);

// What metrics and statistics follow from: the model, evaluation's graphs and samples, the qparams of all
// sites, which are there. Not: where these come from, backends, gates, executors.
[[nodiscard]] nlohmann::json evaluation_identity(const Prepared& p,
                                                 const std::vector<std::unique_ptr<Unit>>& units);

}  // namespace vernier::core
