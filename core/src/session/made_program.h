// A program as its plugin makes it for one model: chosen, its profile checked, its document read.
#pragma once

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

// What a program is made of.
struct ProgramRequest {
  ComponentRef component;
  JsonValue config;         // the model's config.json, with what the recipe changes of it
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
