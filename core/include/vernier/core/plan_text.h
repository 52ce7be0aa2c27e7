// A plan for people: its sum in a few lines, and the sites that a pattern names. Behind `vernier plan`.
#pragma once

#include <nlohmann/json_fwd.hpp>
#include <string>

namespace vernier::core {

// Which types get which dtypes, bytes before and after, what each file's consumer says, seconds and memory:
// five lines or so. `plan`: what plan() returns.
std::string plan_summary(const nlohmann::json& plan);

// The rows of plan.sites that `glob` matches as a rule of the recipe would: the whole path, or the path below
// the recipe's module. Throws Error (kUsage) with the nearest site where there is none.
nlohmann::json plan_sites(const nlohmann::json& plan, const std::string& glob);

}  // namespace vernier::core
