#include <fmt/format.h>

#include <nlohmann/json.hpp>

#include "commands.h"
#include "output.h"
#include "vernier/core/presets.h"

namespace vernier::app {

void add_presets(CLI::App& program) {
  CLI::App* command = program.add_subcommand(
      "presets", "list the presets that a recipe can extend: name, target, precision, what it is");
  auto json = std::make_shared<bool>(false);
  command->add_flag("--json", *json, "print JSON on standard output");
  command->callback([json] {
    const nlohmann::json rows = core::Presets::find({}).to_json();
    if (*json) {
      put("{}\n", core::json_text(rows, 2));
      return;
    }
    put("{:<16} {:<8} {:<10} {}\n", "preset", "target", "precision", "");
    for (const auto& row : rows) {
      put("{:<16} {:<8} {:<10} {}{}\n", row.at("preset").get<std::string>(), row.value("target", ""),
          row.value("precision", ""), row.value("summary", ""), row.value("error", ""));
      const nlohmann::json measured = row.value("measured", nlohmann::json::object());
      for (const auto& [model, result] : measured.items())
        put("{:<36} {}: {}\n", "", model, result.get<std::string>());
    }
  });
}

}  // namespace vernier::app
