// Presets: parts of recipes for a kind of file and a precision, which a recipe stands on with "extends". They
// are files NAME.preset.json in the folders where plugins are; plugins/presets/README.md says how to write
// one.
#pragma once

#include <filesystem>
#include <map>
#include <nlohmann/json_fwd.hpp>
#include <string>
#include <vector>

#include "vernier/core/run_control.h"

namespace vernier::core {

// The presets of the folders in which plugins are looked for; of two with one name the folder that comes
// first in the order of precedence has it. Files are read when asked for.
class Presets {
 public:
  // `recipe_folders`: plugins.search of a recipe, absolute. Throws a stop where `control` asks for one.
  static Presets find(const std::vector<std::filesystem::path>& recipe_folders,
                      const RunControl& control = RunControl::none());

  // Throws Error (kUsage) with `where` and the nearest known name, or all, for one that is not there.
  [[nodiscard]] std::filesystem::path file(const std::string& name, const std::string& where) const;

  // What a preset says, as it stands in its file. Throws Error (kUsage) with line:column.
  [[nodiscard]] static nlohmann::json content(const std::filesystem::path& file);

  // Array of {"preset", "target", "precision", "summary", "file", "measured": {model: what it made of it}},
  // or {"preset", "file", "error"} for a file that cannot be read.
  [[nodiscard]] nlohmann::json to_json() const;

 private:
  std::map<std::string, std::filesystem::path> files_;
};

}  // namespace vernier::core
