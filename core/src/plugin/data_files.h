// Data that is found as plugins are: files NAME.KIND.json in the folders where plugins are looked for.
#pragma once

#include <filesystem>
#include <map>
#include <string>
#include <string_view>
#include <vector>

#include "vernier/core/run_control.h"

namespace vernier::core {

using DataFiles = std::map<std::string, std::filesystem::path>;  // by name

// Of two with one name the place that comes first in the order of precedence has it. `recipe_folders`:
// plugins.search of a recipe, absolute. A folder that cannot be read is passed over: discover() tells of it.
// Throws Error (kUsage) for a recipe folder that is not there, a stop where `control` asks for one.
[[nodiscard]] DataFiles find_data_files(const std::vector<std::filesystem::path>& recipe_folders,
                                        std::string_view kind, const RunControl& control);

// Throws Error (kUsage) at `where` for a name that is not there: with the nearest one, else all known names
// and, behind them, `more`.
[[nodiscard]] const std::filesystem::path& data_file(const DataFiles& files, std::string_view kind,
                                                     const std::string& name, const std::string& where,
                                                     std::string_view more = {});

}  // namespace vernier::core
