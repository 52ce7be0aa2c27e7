#include "vernier/core/diff.h"

#include <fmt/format.h>
#include <nlohmann/json.hpp>

#include "commands.h"
#include "output.h"

namespace vernier::app {

void add_diff(CLI::App& program) {
  CLI::App* command =
      program.add_subcommand("diff", "what differs between two runs: recipe, qparams, sizes, errors");
  auto a = std::make_shared<std::string>(), b = std::make_shared<std::string>();
  auto json = std::make_shared<bool>(false);
  command->add_option("A", *a, "folder of the first run")->required();
  command->add_option("B", *b, "folder of the second run")->required();
  auto html = std::make_shared<std::string>();
  command->add_option("--html", *html, "write the comparison as a page into this file");
  command->add_flag("--json", *json, "print JSON on standard output");
  command->callback([a, b, json, html] {
    const auto difference = core::diff_runs(*a, *b);
    if (!html->empty()) core::write_diff_page(difference, *html);
    if (*json)
      put("{}\n", core::json_text(difference, 2));
    else
      put("{}", core::diff_table(difference));
  });
}

}  // namespace vernier::app
