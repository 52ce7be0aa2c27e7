// The plugin libraries of the process, and what plugins there are and why: behind `vernier plugins`.
#pragma once

#include <filesystem>
#include <memory>
#include <nlohmann/json_fwd.hpp>
#include <string>
#include <vector>

#include "vernier/core/run_control.h"

namespace vernier::core {

class HostServices;
class Library;
struct CatalogPlugin;

// Owns every library that was loaded, whatever the number of sessions: a file with the same content is loaded
// and initialized once, and keeps one vernier_host. Libraries stay mapped until the process ends.
class Plugins {
 public:
  // The one of the process; it is never destroyed.
  static Plugins& of_process();

  // Loads and initializes the library unless that was done before; a failure is its verdict for the rest of
  // the process. `session` (may be null) gets what its initialize logs. Throws Error (kPlugin) naming file
  // and reason. For the rooms of the host. [any thread]
  const Library& load(const CatalogPlugin& plugin, HostServices* session);

  // Calls the shutdown of each initialized library, the last one first; afterwards none is loaded any more.
  // It happens by itself, once, when the process ends by end_process(), exit() or the return of main():
  // before the destructors of the libraries' own static objects, except of those that their functions made on
  // first use. It does not happen where the process ends by a signal or _exit(), or from inside a call into a
  // plugin. [main thread & no call into a plugin is running]
  void shut_down() noexcept;

 private:
  Plugins();
  ~Plugins() = delete;
  struct State;
  State& state_;
};

// The rest runs nothing of a plugin but, for a library seen for the first time, the probe in a process of its
// own. Each function throws a stop where `control` asks for one.

// {"places": [{level, folder, exists}], "plugins": [{file, level, verdict, reason, sha256, id, version,
// license, components: [{kind, name,
//  summary, types, entries, smoke: [case], options}]}], "profiles": as Profiles::to_json()}. Throws Error
//  (kPlugin) for a `files` entry that cannot be used.
nlohmann::json list_plugins(const std::vector<std::filesystem::path>& files,
                            const RunControl& control = RunControl::none());

// Every path, verdict and reason that has to do with a plugin id, component, module type or file name; empty
// where nothing has.
std::string explain_plugin(const std::string& name, const std::vector<std::filesystem::path>& files,
                           const RunControl& control = RunControl::none());

// The recipe's JSON Schema with the plugins' names and option schemas merged in, for editors.
nlohmann::json recipe_schema(const std::vector<std::filesystem::path>& files,
                             const RunControl& control = RunControl::none());

}  // namespace vernier::core
