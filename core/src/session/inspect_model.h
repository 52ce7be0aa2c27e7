// What `vernier inspect` says of a model's folder besides its tensors: what plugins serve of it.
#pragma once

#include <filesystem>
#include <nlohmann/json_fwd.hpp>
#include <optional>
#include <string>

#include "vernier/core/error.h"
#include "vernier/core/run_control.h"

namespace vernier::core {

struct ServedModel {
  std::string architecture;  // of config.json; empty: it names none, and nothing is looked at
  // Why no tree could be grown: kPlugin where no wrapper serves a type, kData where tensors do not fit.
  std::optional<Error> reason;
};

// Grows the module tree as a plan would, and adds to `json`: "architecture", "parameters" (elements that
// modules have, each tensor once), "types": [{"type", "count", "plugin", "parameters"}], "tied": [[NAME,
// NAME]] (one tensor under two names), "unused_tensors": [NAME], "not_served": {"what", "where", "hint"} or
// null. Throws a stop where `control` asks for one.
ServedModel look_at_model(const std::filesystem::path& folder, const RunControl& control,
                          nlohmann::json& json);

// These additions as lines.
std::string served_lines(const nlohmann::json& json);

}  // namespace vernier::core
