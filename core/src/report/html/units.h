// The parts of report.html that tell several units apart; empty where there is one.
#pragma once

#include <nlohmann/json_fwd.hpp>
#include <string>

namespace vernier::core::html {

// Each unit's samples and metrics.
std::string units(const nlohmann::json& report);
// The evaluation samples that differ most from float, of all units; empty where there is one sample.
std::string worst_samples(const nlohmann::json& report);
// The drawings of the captured graphs: of the only unit, or of each behind its name.
std::string graphs(const nlohmann::json& report);

}  // namespace vernier::core::html
