// All sites of a run, folded by layer.
#pragma once

#include <map>
#include <nlohmann/json_fwd.hpp>
#include <string>

namespace vernier::core::html {

// What the run saw at each site, by its path; they are parts of `report`, a report's JSON. Empty where
// nothing was seen.
[[nodiscard]] std::map<std::string, const nlohmann::json*> statistics_by_site(const nlohmann::json& report);

// The part of a site's path that names the layer it belongs to: up to its first number, "encoder.layer.3" of
// "encoder.layer.3.output.dense/act_in"; without a number the first part, "pooler" of "pooler.dense/weight";
// empty for a site of the root.
[[nodiscard]] std::string layer_of(const std::string& site);

// A table for each layer, closed until it is asked for: dtype, observer, what chose them, and what the grid
// costs. `report` is a report's JSON; empty without sites.
[[nodiscard]] std::string sites(const nlohmann::json& report);

}  // namespace vernier::core::html
