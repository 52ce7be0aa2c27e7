// A program as its plugin makes it for one model: chosen, its profile checked, its document read.
#pragma once

#include <filesystem>
#include <functional>
#include <nlohmann/json_fwd.hpp>
#include <string>

#include "plugin/plugin_hub.h"
#include "program/program.h"
#include "vernier/core/json_value.h"

namespace vernier::core {

// The program that `wanted` names, or, where it is empty, the one for this architecture. Throws Error: kUsage
// for a name that no plugin has, with the nearest one and `where` (the user's place for it); kPlugin where
// none or several are for the architecture, naming them.
[[nodiscard]] ComponentRef choose_program(const Catalog& catalog, const std::string& wanted,
                                          const std::string& architecture, const std::string& where);

// `config` with the folder's generation_config.json, where it has one, as its key "generation_config", unless
// it has that key already. Throws Error (kData) with line:column for JSON, and for one that is no object.
[[nodiscard]] nlohmann::json with_generation_config(nlohmann::json config,
                                                    const std::filesystem::path& folder);

// What a program is made of.
struct ProgramRequest {
  ComponentRef component;
  JsonValue config;         // config.json, with what the recipe changes of it, see with_generation_config()
  std::string config_name;  // for messages: its file
  JsonValue profile;        // an object
  // For messages: the user's place of the profile's value at a JSON pointer.
  std::function<std::string(const std::string& pointer)> profile_place;
};

struct MadeProgram {
  std::string name;    // of the component
  std::string plugin;  // its id
  JsonValue document;
  Program program;
};

// Throws Error: kUsage for a profile that the manifest's schema or the program refuses, kData for a config
// that lacks a key or contradicts itself, kPlugin for a config that the program does not serve, and for a
// document that is none (schemas/program.schema.json, program/read_program.h) or is another one when it is
// asked for again; all with the plugin's id.
[[nodiscard]] MadeProgram make_program(HostServices& services, PluginHub& hub, const ProgramRequest& request);

}  // namespace vernier::core
