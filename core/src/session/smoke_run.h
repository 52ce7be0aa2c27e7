// One smoke case, from what its wrapper declares to the row that tells how it went.
#pragma once

#include <nlohmann/json_fwd.hpp>
#include <string>

#include "plugin/catalog.h"
#include "vernier/core/smoke.h"

namespace vernier::core {

// The plugins that `options` name and those that are found. Throws Error.
[[nodiscard]] Catalog find_catalog(const SmokeOptions& options);

struct SmokeJob {
  std::string type;
  ComponentRef wrapper;
  const SmokeCase* one = nullptr;

  // The beginning of its row: type, case, wrapper, plugin.
  [[nodiscard]] nlohmann::json head() const;
};

// The recipe that run() gets, for a folder that holds what write_smoke_data() wrote; `calibration` is what
// that returned.
nlohmann::json smoke_recipe(const SmokeJob& job, const nlohmann::json& calibration,
                            const SmokeOptions& options, const Catalog& catalog);

// A row as smoke() describes it. What fails is in the row; throws a stop only.
nlohmann::json run_smoke_case(const SmokeJob& job, const SmokeOptions& options, const Catalog& catalog);

}  // namespace vernier::core
