// What a run comes to: PASS, WARN or FAIL, in one line.
#pragma once

#include <filesystem>
#include <nlohmann/json_fwd.hpp>
#include <string>

namespace vernier::core {

// "PASS cosine 0.9990 ≥ 0.99 · 22.8 MB (3.9 × smaller) · open out/bert/report.html", of a report's "verdict".
// `page`: its report.html.
std::string verdict_line(const nlohmann::json& report, const std::filesystem::path& page);

}  // namespace vernier::core
