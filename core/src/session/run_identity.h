// What a run's calibration and evaluation follow from, as JSON that is equal where they are: a journal keeps
// results under it.
#pragma once

#include <filesystem>
#include <memory>
#include <nlohmann/json_fwd.hpp>
#include <string>
#include <vector>

#include "session/prepare.h"
#include "session/unit.h"

namespace vernier::core {

// Parameters and the files they lie in, this program and its threads: `model` below. Units are traced. Reads
// the elements of what no file holds.
[[nodiscard]] nlohmann::json model_identity(const Prepared& p);

// What the observations of all units follow from: `model`, and calibration's graphs, samples, batch sizes.
// Not: dtypes, schemes, clipping, backends, evaluation.
[[nodiscard]] nlohmann::json calibration_identity(nlohmann::json model, const Prepared& p,
                                                  const std::vector<std::unique_ptr<Unit>>& units);

// What metrics and statistics follow from: `model`, evaluation's graphs and samples, the qparams of all
// sites, which are there. Not: where these come from, backends, gates, executors.
[[nodiscard]] nlohmann::json evaluation_identity(nlohmann::json model, const Prepared& p,
                                                 const std::vector<std::unique_ptr<Unit>>& units);

// The file of a journal in which what has this identity is kept: named by a hash of it and `extension`.
[[nodiscard]] std::filesystem::path journal_file(const std::filesystem::path& folder,
                                                 const std::string& identity, const char* extension);

}  // namespace vernier::core
