// Two runs side by side. Behind `vernier diff A B`.
#pragma once

#include <filesystem>
#include <nlohmann/json_fwd.hpp>
#include <string>
#include <vector>

#include "vernier/core/error.h"

namespace vernier::core {

// Folders that `vernier run` left. {"recipe": [{"path", "a", "b"}], "qparams": [{"site", "dtype": [a, b],
// "scale_ratio", "zero_point_shift"}],
//  "only_in": {"a": [sites], "b": [sites]}, "sizes": [{"file", "a", "b"}], "metrics": {name: [a, b]},
//  "sites": [{"site", "a", "b", "change_db"}]}; sites by their SQNR, what got worse the most first;
//  scale_ratio is b / a, of the channel
// where it is furthest from 1. Throws Error (kData) for a folder without a run's files.
nlohmann::json diff_runs(const std::filesystem::path& a, const std::filesystem::path& b);

// What of `conditions` holds, one finding each: "cosine < 0.99" is of run b, "sqnr_db.change < -1" of b - a,
// "bytes.ratio > 1.1" of b / a; metrics are those of a report, and bytes of the files that both have. Throws
// Error (kUsage) for a condition that is none, or whose number the runs do not have.
std::vector<Diagnostic> diff_failures(const nlohmann::json& difference,
                                      const std::vector<std::string>& conditions);

// The difference for a terminal.
std::string diff_table(const nlohmann::json& difference);

// The same as a page in `file`, which is replaced: no script, nothing is fetched. Throws Error: kUsage where
// it would lie in one of the two folders, which are inputs; kData where it cannot be written.
void write_diff_page(const nlohmann::json& difference, const std::filesystem::path& file);

}  // namespace vernier::core
