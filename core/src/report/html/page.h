// report.html: the run's report as one page that needs nothing else.
#pragma once

#include <nlohmann/json_fwd.hpp>
#include <string>

namespace vernier::core::html {

// `report` as schemas/report.schema.json says; `recipe` the effective recipe. No script, no network; dark and
// light by the reader's setting.
std::string page(const nlohmann::json& report, const nlohmann::json& recipe);

}  // namespace vernier::core::html
