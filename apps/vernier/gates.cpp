#include <nlohmann/json.hpp>

#include "commands.h"
#include "ended.h"
#include "output.h"
#include "vernier/core/error.h"
#include "vernier/core/run_gates.h"

namespace vernier::app {

void add_gates(CLI::App& program) {
  CLI::App* command = program.add_subcommand(
      "gates", "what a finished run had to meet, for continuous integration: text, Markdown, JUnit");
  auto folder = std::make_shared<std::string>();
  auto form = std::make_shared<std::string>("text");
  auto is_json = std::make_shared<bool>(false);
  command->add_option("DIR", *folder, "folder of a run")->required();
  command->add_option("--format", *form, "text, markdown or junit, on standard output")
      ->check(CLI::IsMember({"text", "markdown", "junit"}))
      ->type_name("FORM")
      ->excludes(command->add_flag("--json", *is_json, "print JSON on standard output"));
  command->callback([folder, form, is_json] {
    const nlohmann::json gates = core::run_gates(*folder);
    write_output(*is_json              ? gates.dump(2) + "\n"
                 : *form == "markdown" ? core::gates_markdown(gates)
                 : *form == "junit"    ? core::gates_junit(gates)
                                       : core::gates_text(gates));
    if (gates.at("verdict").at("result") == "FAIL") end_with(static_cast<int>(core::ErrorKind::kGate));
  });
}

}  // namespace vernier::app
