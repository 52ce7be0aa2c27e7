#include "vernier/core/explain.h"

#include <fmt/format.h>
#include <nlohmann/json.hpp>

#include "commands.h"
#include "output.h"

namespace vernier::app {

void add_explain(CLI::App& program) {
  CLI::App* command = program.add_subcommand(
      "explain", "one site of a run: which rule decided, statistics, error, what stands in the file");
  auto site = std::make_shared<std::string>(), run = std::make_shared<std::string>();
  auto json = std::make_shared<bool>(false);
  command->add_option("SITE", *site, "path of a site, or its end")->required();
  command->add_option("RUN", *run, "folder that `vernier run` wrote")->required();
  command->add_flag("--json", *json, "print JSON on standard output");
  command->callback([site, run, json] {
    const auto explanation = core::explain_site(*site, *run);
    if (*json)
      put("{}\n", core::json_text(explanation, 2));
    else
      put("{}", core::explain_table(explanation));
  });
}

}  // namespace vernier::app
