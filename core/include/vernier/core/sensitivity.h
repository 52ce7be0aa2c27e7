// What each site costs at the outputs: behind `vernier sensitivity`.
#pragma once

#include <cstdint>
#include <filesystem>
#include <nlohmann/json_fwd.hpp>
#include <optional>
#include <string>
#include <vector>

#include "vernier/core/session.h"
#include "vernier/dtype.h"

namespace vernier::core {

enum class SensitivityMethod {
  kOneQuantized,  // the row's sites alone are quantized, all else is float
  kLeaveOneFloat  // all else is quantized, the row's sites are float
};
const char* to_string(SensitivityMethod method);  // "one-quantized", "leave-one-float"

struct SensitivityOptions {
  SensitivityMethod method = SensitivityMethod::kOneQuantized;
  bool by_module = false;   // a row for each module: the sites that it owns; else for each site, twins as one
  bool weights = true;      // rows for weights
  bool activations = true;  // rows for activations
  std::optional<uint64_t> samples;  // the first of each unit's evaluation samples; not set: all
};

// The float run against another one, over all float32 outputs of all samples.
struct OutputError {
  double sqnr_db = 0;      // 10 log10(sum r^2 / sum (r - t)^2); +inf where nothing differs
  double mean_square = 0;  // mean (r - t)^2
  double cosine = 1;
};

struct SensitivityRow {
  // By path, in the order of the forward. Of a row for sites the first is the cause; the others are its
  // twins: they get the same values and have the same grid.
  std::vector<std::string> sites;
  std::string module;  // of the first
  bool is_weight = false;
  DType dtype;        // of the first
  OutputError error;  // of the run that the method means
};

struct Sensitivity {
  SensitivityMethod method = SensitivityMethod::kOneQuantized;
  bool by_module = false;
  uint64_t samples = 0;              // of all units
  OutputError all;                   // all sites quantized
  OutputError weights;               // all weights, no activation
  OutputError activations;           // all activations, no weight
  std::vector<SensitivityRow> rows;  // what costs most first
  double seconds = 0;                // of all that comes after calibration
  uint64_t kept_bytes = 0;           // of constants, at most
};

// A part of a recipe: what to write so that the costliest sites get a wider dtype.
struct SuggestedRules {
  std::vector<std::string> sites;  // that rules name, costliest first
  uint64_t rows = 0;               // of the table that they are
  double before_db = 0;            // SQNR of the recipe as it is
  double after_db = 0;             // with these sites in float, which a 16-bit dtype comes close to
  std::string rules;               // a JSON array
};

struct SuggestOptions {
  DType dtype;                  // that the sites get
  std::optional<size_t> count;  // rows; not set: the fewest that bring nine tenths of what `most` rows bring
  size_t most = 20;
  std::filesystem::path write = {};  // a recipe to make, which extends `session.recipe` and adds the rules
};

struct SensitivityResult {
  Sensitivity sensitivity;
  std::optional<SuggestedRules> suggested;  // where they were asked for
};

// Calibrates the recipe, or takes the qparams that it names, and measures. `session.recipe` may be a folder
// that a run left: its recipe and its qparams. In a recipe of several units a site counts at the outputs of
// units that use it, each unit on float inputs. Only activations are suggested, and none that has as many
// bits already. Throws Error: kUsage for a recipe with a program, more samples than a unit has, rules for
// modules or without rows for activations, a `write` that is there or that could not say the same: overrides
// are not in the recipe, and a folder is none; what run() throws up to its evaluation.
SensitivityResult measure_sensitivity(const SessionOptions& session, const SensitivityOptions& options,
                                      const std::optional<SuggestOptions>& suggest = std::nullopt);

// {"method", "by", "samples", "all", "weights", "activations": {"sqnr_db", "mean_square", "cosine"}, "rows":
// [{"sites", "module", "role", "dtype", "sqnr_db", "mean_square", "cosine"}], "seconds", "kept_bytes"}; an
// infinite SQNR is null.
[[nodiscard]] nlohmann::json to_json(const Sensitivity& sensitivity);
// The `top` first rows for a terminal.
[[nodiscard]] std::string sensitivity_table(const Sensitivity& sensitivity, size_t top);

}  // namespace vernier::core
