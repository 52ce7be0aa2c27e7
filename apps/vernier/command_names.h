// What the program calls its commands and their options, for messages and for shells.
#pragma once

#include <CLI/CLI.hpp>
#include <string>
#include <vector>

namespace vernier::app {

// Commands that are for people; those without a group are the program's own.
inline std::vector<const CLI::App*> shown_commands(const CLI::App& program) {
  return program.get_subcommands([](const CLI::App* one) { return !one->get_group().empty(); });
}

// With their dashes; a positional has none.
inline std::vector<std::string> option_names(const CLI::App& command) {
  std::vector<std::string> names;
  for (const CLI::Option* option : command.get_options()) {
    for (const std::string& name : option->get_snames()) names.push_back("-" + name);
    for (const std::string& name : option->get_lnames()) names.push_back("--" + name);
  }
  return names;
}

}  // namespace vernier::app
