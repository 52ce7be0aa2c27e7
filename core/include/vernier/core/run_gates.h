// The gates of a finished run, for continuous integration. Behind `vernier gates`.
#pragma once

#include <filesystem>
#include <nlohmann/json_fwd.hpp>
#include <string>

namespace vernier::core {

// Of a folder that `vernier run` left: {"folder", "module", "verdict": as in the report, "gates": [{"text",
// "met"}]}; files that their consumer does not take are among the gates. Throws Error (kData) for a folder
// without a run's files.
nlohmann::json run_gates(const std::filesystem::path& folder);

// The same as text for a terminal, as Markdown, and as JUnit XML (a test case a gate; of a run without gates,
// the verdict is the one case, which only FAIL fails).
std::string gates_text(const nlohmann::json& gates);
std::string gates_markdown(const nlohmann::json& gates);
std::string gates_junit(const nlohmann::json& gates);

}  // namespace vernier::core
