#include <nlohmann/json.hpp>

#include "plugin/data_files.h"
#include "text/quote.h"
#include "vernier/core/error.h"
#include "vernier/core/profiles.h"

namespace vernier::core {

namespace fs = std::filesystem;

Profiles Profiles::find(const std::vector<fs::path>& recipe_folders, const RunControl& control) {
  Profiles result;
  result.files_ = find_data_files(recipe_folders, "profile", control);
  return result;
}

Profile Profiles::read(const std::string& name, const std::string& where) const {
  return read_profile(data_file(files_, "profile", name, where));
}

nlohmann::json Profiles::to_json() const {
  nlohmann::json rows = nlohmann::json::array();
  for (const auto& [name, file] : files_) {
    try {
      const Profile profile = read_profile(file);
      rows.push_back({{"profile", name},
                      {"version", profile.version},
                      {"summary", profile.summary},
                      {"formats", profile.formats},
                      {"file", one_line(file.lexically_normal().string())}});
    } catch (const Error& error) {
      rows.push_back({{"profile", one_line(name)},
                      {"file", one_line(file.lexically_normal().string())},
                      {"error", error.diagnostics().front().what}});
    }
  }
  return rows;
}

}  // namespace vernier::core
