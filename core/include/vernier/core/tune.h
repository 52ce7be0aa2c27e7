// The fewest sites with more bits that meet a target: behind `vernier tune`.
#pragma once

#include <cstdint>
#include <filesystem>
#include <nlohmann/json_fwd.hpp>
#include <optional>
#include <string>
#include <vector>

#include "vernier/core/sensitivity.h"

namespace vernier::core {

struct TuneOptions {
  std::string target;               // a gate of a recipe in one text: "cosine >= 0.99"
  DType dtype;                      // that sites are given
  std::optional<uint64_t> samples;  // the first of each unit's evaluation samples; not set: all
};

// A recipe that was tried.
struct TunePoint {
  uint64_t wide = 0;  // activation sites of as many bits as the dtype, or more
  OutputError error;
  double value = 0;  // of the target's metric
  bool is_met = false;
};

struct TuneResult {
  std::filesystem::path recipe;  // that was written
  std::filesystem::path page;    // all points in a picture
  bool is_met = false;
  TunePoint found;                // the recipe; where the target is out of reach, that with all sites wide
  uint64_t activations = 0;       // sites that are quantized
  std::vector<TunePoint> points;  // all that were tried, in their order
  uint64_t reused = 0;            // of these, from an earlier tune that was stopped
};

// Ranks the activation sites (twins as one row), gives `dtype` to as many of the costliest rows as meet the
// target, then takes it back from each row that is not needed, the cheapest first. All in fake quantization:
// the recipe is calibrated once as it is and once with all rows wide. `session.out` (default: out/<recipe
// name>.tune) gets recipe.json, which extends the recipe by rules, tune.json and tune.html; the first two are
// written after each step, and the same call goes on where an earlier one was stopped. The backend is asked
// for the recipe at the end. Throws Error: kUsage for a recipe with a program, overrides, a target that is
// none, a folder with other files; kPlugin where the backend cannot write the recipe; what run() throws up to
// its evaluation. That the target is not met is no Error.
TuneResult tune(const SessionOptions& session, const TuneOptions& options);

// {"recipe", "page", "is_met", "activations", "wide", "value", "sqnr_db", "cosine", "reused", "points":
// [{"wide", "sqnr_db", "mean_square", "cosine", "value", "is_met"}]}
[[nodiscard]] nlohmann::json to_json(const TuneResult& result);

}  // namespace vernier::core
