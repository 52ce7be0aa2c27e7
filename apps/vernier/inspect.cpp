#include "vernier/core/inspect.h"

#include <fmt/format.h>
#include <nlohmann/json.hpp>

#include "commands.h"
#include "output.h"

namespace vernier::app {

void add_inspect(CLI::App& program) {
  CLI::App* command = program.add_subcommand(
      "inspect", "look into a .circle, a checkpoint folder, a .safetensors or a plugin library");
  auto file = std::make_shared<std::string>();
  auto json = std::make_shared<bool>(false);
  command->add_option("FILE", *file, "file or folder")->required();
  command->add_flag("--json", *json, "print JSON on standard output");
  command->callback([file, json] {
    const core::Inspection found = core::inspect(*file);
    if (*json)
      put("{}\n", core::json_text(*found.json, 2));
    else
      put("{}", found.table);
  });
}

}  // namespace vernier::app
