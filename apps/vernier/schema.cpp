#include <fmt/format.h>
#include <nlohmann/json.hpp>

#include "commands.h"
#include "output.h"
#include "vernier/core/plugins.h"

namespace vernier::app {

void add_schema(CLI::App& program) {
  CLI::App* command = program.add_subcommand("schema", "print a JSON Schema for editors");
  auto which = std::make_shared<std::string>();
  auto files = std::make_shared<std::vector<std::string>>();
  auto json = std::make_shared<bool>(false);
  command->add_option("WHICH", *which, "recipe")->required()->check(CLI::IsMember({"recipe"}));
  command->add_option("--plugin", *files, "a plugin library; comes before every other place")
      ->type_name("FILE")
      ->take_all()
      ->expected(1);
  command->add_flag("--json", *json, "no difference here: a schema is JSON");
  command->callback([files] { put("{}\n", core::recipe_schema({files->begin(), files->end()}).dump(2)); });
}

}  // namespace vernier::app
