#include "vernier/core/inspect.h"

#include <fmt/format.h>
#include <nlohmann/json.hpp>

#include "commands.h"
#include "ended.h"
#include "output.h"

namespace vernier::app {

void add_inspect(CLI::App& program) {
  CLI::App* command = program.add_subcommand(
      "inspect",
      "look into a model's folder, a .circle, .tflite, .onnx, .safetensors or a plugin library; exit code 3: "
      "no plugin serves the model");
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
    // Tensors that are not all there are no fault of a folder: a recipe may quantize a part of a model.
    if (found.not_served && found.not_served->kind() == core::ErrorKind::kPlugin)
      end_with(static_cast<int>(core::ErrorKind::kPlugin));
  });
}

}  // namespace vernier::app
