#include "vernier/core/plugins.h"

#include <fmt/format.h>
#include <nlohmann/json.hpp>

#include "plugin/find_plugins.h"
#include "recipe/check.h"
#include "vernier/core/check.h"
#include "vernier/core/error.h"
#include "vernier/core/profiles.h"

namespace vernier::core {

namespace {

nlohmann::json component_json(const ComponentInfo& info) {
  nlohmann::json row = {
      {"kind", info.kind}, {"name", info.name}, {"summary", info.summary}, {"options", info.options}};
  if (info.kind == "wrapper") {
    row["types"] = info.types;
    for (const EntryInfo& entry : info.entries)
      row["entries"].push_back({{"name", entry.name}, {"inputs", entry.inputs}, {"outputs", entry.outputs}});
    row["smoke"] = nlohmann::json::array();
    for (const SmokeCase& one : info.smoke) row["smoke"].push_back(one.name);
  }
  if (info.kind == "backend") {
    row["ops"] = info.ops;
    row["dtypes"] = info.dtypes;
    row["profile"] = info.profile;
    row["sets"] = info.writes_sets;
  }
  if (info.kind == "program") row["models"] = info.models;
  return row;
}

SearchOptions search(const std::vector<std::filesystem::path>& files) {
  SearchOptions options;
  options.files = files;
  return options;
}

// With what only the reader of such files knows of a profile.
nlohmann::json profile_rows(const Profiles& profiles) {
  nlohmann::json rows = profiles.to_json();
  for (nlohmann::json& row : rows) {
    if (row.contains("error")) continue;
    try {
      const Profile profile = profiles.read(row.at("profile"), {});
      (void)check_bytes({}, &profile);
    } catch (const Error& error) {
      row = {{"profile", row.at("profile")},
             {"file", row.at("file")},
             {"error", error.diagnostics().front().what}};
    }
  }
  return rows;
}

}  // namespace

nlohmann::json list_plugins(const std::vector<std::filesystem::path>& files, const RunControl& control) {
  nlohmann::json places = nlohmann::json::array(), plugins = nlohmann::json::array();
  for (const auto& [level, folder] : search_places(search(files))) {
    places.push_back({{"level", to_string(level)},
                      {"folder", folder.lexically_normal().string()},
                      {"exists", std::filesystem::is_directory(folder)}});
  }
  for (const Candidate& candidate : find_plugins(search(files), {}, control).candidates) {
    nlohmann::json row = {{"file", candidate.file.string()},
                          {"level", to_string(candidate.level)},
                          {"verdict", to_string(candidate.verdict)},
                          {"reason", candidate.reason},
                          {"sha256", candidate.sha256},
                          {"components", nlohmann::json::array()}};
    if (candidate.manifest) {
      row["id"] = candidate.manifest->id;
      row["version"] = candidate.manifest->version;
      row["license"] = candidate.manifest->license;
      for (const ComponentInfo& info : candidate.manifest->components)
        row["components"].push_back(component_json(info));
    }
    plugins.push_back(std::move(row));
  }
  return {{"version", 1},
          {"places", places},
          {"plugins", plugins},
          {"profiles", profile_rows(Profiles::find({}, control))}};
}

std::string explain_plugin(const std::string& name, const std::vector<std::filesystem::path>& files,
                           const RunControl& control) {
  return explain(name, find_plugins(search(files), {}, control).candidates);
}

nlohmann::json recipe_schema(const std::vector<std::filesystem::path>& files, const RunControl& control) {
  return merged_schema(find_plugins(search(files), {}, control).catalog);
}

}  // namespace vernier::core
