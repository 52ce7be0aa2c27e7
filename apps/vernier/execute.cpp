#include <fmt/format.h>

#include <nlohmann/json.hpp>

#include "commands.h"
#include "output.h"
#include "progress.h"
#include "vernier/core/execute_file.h"

namespace vernier::app {

namespace {

struct ExecuteArguments {
  core::ExecuteOptions options;
  std::string file, inputs, outputs;
  std::vector<std::string> plugins;
  bool json = false;
};

void run_execute(ExecuteArguments& given) {
  ProgressView progress(ProgressForm::kNone);
  given.options.control = &controlled_by_signals(progress);
  given.options.file = given.file;
  given.options.inputs = given.inputs;
  given.options.outputs = given.outputs;
  given.options.plugin_files = {given.plugins.begin(), given.plugins.end()};
  const auto done = core::execute_file(given.options);
  if (given.json) return put("{}\n", core::json_text(done, 2));
  put("{}: {} outputs in {}\n", done.at("executor").get<std::string>(), done.at("outputs").size(),
      given.outputs);
}

}  // namespace

void add_execute(CLI::App& program) {
  CLI::App* command = program.add_subcommand(
      "execute", "run one exported file on tensors of a file, and write what it gives");
  auto given = std::make_shared<ExecuteArguments>();
  command->add_option("FILE", given->file, "file that an executor runs")->required();
  command
      ->add_option(
          "--inputs", given->inputs,
          "a .safetensors file with its inputs by name, as the file has them: codes where it has codes")
      ->required()
      ->type_name("FILE");
  command->add_option("--outputs", given->outputs, "the .safetensors file to write")
      ->required()
      ->type_name("FILE");
  command->add_option("--executor", given->options.executor, "executor (default: by the file's name)")
      ->type_name("NAME");
  command->add_option("--executor-options", given->options.executor_options, "a JSON object")
      ->type_name("JSON");
  command->add_option("--plugin", given->plugins, "also this plugin library")->type_name("FILE");
  command->add_flag("--all", given->options.all, "write what it computes on the way, too");
  command->add_flag("--json", given->json, "print JSON: names, types and grids of inputs and outputs");
  command->callback([given] { run_execute(*given); });
}

}  // namespace vernier::app
