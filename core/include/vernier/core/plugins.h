// What plugins there are, and why: behind `vernier plugins`. Nothing of a plugin runs here but, for a library
// seen for the first time, the probe in a process of its own.
#pragma once

#include <filesystem>
#include <nlohmann/json.hpp>
#include <string>
#include <vector>

namespace vernier::core {

// {"places": [{level, folder, exists}], "plugins": [{file, level, verdict, reason, sha256, id, version,
// license, components: [{kind, name,
//  summary, types, entries, options}]}]}. Throws Error (kPlugin) for a `files` entry that cannot be used.
nlohmann::json list_plugins(const std::vector<std::filesystem::path>& files);

// Every path, verdict and reason that has to do with a plugin id, component, module type or file name; empty
// where nothing has.
std::string explain_plugin(const std::string& name, const std::vector<std::filesystem::path>& files);

// The recipe's JSON Schema with the plugins' names and option schemas merged in, for editors.
nlohmann::json recipe_schema(const std::vector<std::filesystem::path>& files);

}  // namespace vernier::core
