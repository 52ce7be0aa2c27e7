#include "vernier/core/programs.h"

#include <fmt/format.h>
#include <nlohmann/json.hpp>

#include "commands.h"
#include "output.h"

namespace vernier::app {

void add_program(CLI::App& program) {
  CLI::App* command = program.add_subcommand(
      "program", "the units that a whole model consists of, and what a host does between them");
  auto options = std::make_shared<core::ProgramOptions>();
  auto model = std::make_shared<std::string>();
  auto plugins = std::make_shared<std::vector<std::string>>();
  auto json = std::make_shared<bool>(false);
  command->add_option("MODEL", *model, "checkpoint folder or its config.json, or a recipe")->required();
  command
      ->add_option("--program", options->program,
                   "which program; without it the one for the config's architecture")
      ->type_name("NAME");
  for (const auto& [name, list, type, what] :
       {std::tuple{
            "--profile", &options->profile, "NAME=VALUE",
            "what the program is made for, e.g. sequence=2048; `vernier plugins --json` lists the names"},
        std::tuple{"--plugin", plugins.get(), "FILE", "a plugin library; comes before every other place"}})
    command->add_option(name, *list, what)->type_name(type)->take_all()->expected(1)->allow_extra_args(false);
  command->add_flag("--json", *json, "print the document itself (schemas/program.schema.json)");
  command->callback([options, model, plugins, json] {
    options->model = *model;
    options->plugin_files.assign(plugins->begin(), plugins->end());
    const nlohmann::json found = core::describe_program(*options);
    if (*json)
      put("{}\n", found.at("document").dump(2));
    else
      put("{}", core::program_table(found));
  });
}

}  // namespace vernier::app
