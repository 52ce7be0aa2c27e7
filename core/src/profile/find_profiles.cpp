#include <fmt/format.h>
#include <fmt/ranges.h>

#include <nlohmann/json.hpp>

#include "plugin/discovery.h"
#include "text/nearest.h"
#include "text/quote.h"
#include "vernier/core/error.h"
#include "vernier/core/profiles.h"

namespace vernier::core {

namespace fs = std::filesystem;

Profiles Profiles::find(const std::vector<fs::path>& recipe_folders, const RunControl& control) {
  SearchOptions options;
  options.recipe_folders = recipe_folders;
  Profiles result;
  result.files_ = files_beside_plugins(options, ".profile.json", control);
  return result;
}

Profile Profiles::read(const std::string& name, const std::string& where) const {
  const auto found = files_.find(name);
  if (found != files_.end()) return read_profile(found->second);
  std::vector<std::string> known;
  known.reserve(files_.size());
  for (const auto& [one, file] : files_) known.push_back(one);
  const std::string close = did_you_mean(name, known);
  throw usage_error(fmt::format("unknown profile {}", in_quotes(name)), where,
                    !close.empty()  ? close
                    : known.empty() ? "no folder of plugins holds a .profile.json"
                                    : fmt::format("known profiles: {}", fmt::join(known, ", ")));
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
