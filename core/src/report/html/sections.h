// The parts of report.html; each takes the whole report and gives HTML, empty where there is nothing to tell.
#pragma once

#include <nlohmann/json_fwd.hpp>
#include <string>

namespace vernier::core::html {

std::string warnings(const nlohmann::json& report);
std::string metrics(const nlohmann::json& report);
std::string exports(const nlohmann::json& report);
std::string executed(const nlohmann::json& report);
// The 20 rows that cost most, by the report's "statistics.costs", each with a link to its distribution.
std::string worst_sites(const nlohmann::json& report);
std::string made_errors(const nlohmann::json& report);
std::string sqnr_by_module(const nlohmann::json& report);
std::string bytes_by_module(const nlohmann::json& report);
std::string output_scatter(const nlohmann::json& report);
std::string distributions(const nlohmann::json& report);

}  // namespace vernier::core::html
