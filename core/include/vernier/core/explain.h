// One site of a run: what was decided, why, and what became of it. Behind `vernier explain SITE RUN`.
#pragma once

#include <filesystem>
#include <nlohmann/json_fwd.hpp>
#include <string>

namespace vernier::core {

// From the files of a run's folder: {"site", "role", "status", "chosen_by", "observer", "collected",
// "qparams", "statistics",
//  "encodings": [{"file", "tensor", "type", "scale", "zero_point", "axis"}]}; encodings are read from the
//  exported Circle and TFLite files; "unread_files": [{"file", "reason"}] names the other exported files.
//  `site` may be the end of a path. Throws Error (kUsage) for a site that is not there, with the
// nearest names, or an end that fits several; (kData) for a folder without a run's files.
nlohmann::json explain_site(const std::string& site, const std::filesystem::path& run);

// The same for a terminal.
std::string explain_table(const nlohmann::json& explanation);

}  // namespace vernier::core
