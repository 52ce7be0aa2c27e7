#include "vernier/core/diff.h"

#include <fmt/format.h>
#include <nlohmann/json.hpp>

#include "commands.h"
#include "ended.h"
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
  auto conditions = std::make_shared<std::vector<std::string>>();
  command
      ->add_option(
          "--fail-if", *conditions,
          "end with exit code 4 if it holds: \"cosine < 0.99\" of run B, \"sqnr_db.change < -1\" of B "
          "less A, \"bytes.ratio > 1.1\" of B over A")
      ->type_name("CONDITION")
      ->take_all()
      ->expected(1)
      ->allow_extra_args(false);
  command->callback([a, b, json, html, conditions] {
    const auto difference = core::diff_runs(*a, *b);
    if (!html->empty()) core::write_diff_page(difference, *html);
    if (*json)
      put("{}\n", core::json_text(difference, 2));
    else
      put("{}", core::diff_table(difference));
    std::vector<core::Diagnostic> failures = core::diff_failures(difference, *conditions);
    if (!failures.empty()) end_with_error(core::Error(core::ErrorKind::kGate, std::move(failures)));
  });
}

}  // namespace vernier::app
