#include <fmt/format.h>
#include <fmt/ranges.h>

#include <nlohmann/json.hpp>

#include "commands.h"
#include "output.h"
#include "progress.h"
#include "vernier/core/program_folder.h"

namespace vernier::app {

namespace {

struct GenerateArguments {
  core::GenerateOptions options;
  std::string folder, request;
  std::vector<std::string> plugins;
  std::vector<int32_t> stop;
  bool json = false;
};

void run_generate(GenerateArguments& given) {
  ProgressView progress(ProgressForm::kNone);
  given.options.folder.control = &controlled_by_signals(progress);
  given.options.folder.folder = given.folder;
  given.options.folder.plugin_files = {given.plugins.begin(), given.plugins.end()};
  given.options.request = given.request;
  if (!given.stop.empty()) given.options.stop = given.stop;
  const auto made = core::generate(given.options);
  if (given.json)
    put("{}\n", made.dump(2));
  else
    put("{}\n", fmt::join(made.at("tokens").get<std::vector<int32_t>>(), " "));
}

}  // namespace

void add_generate(CLI::App& program) {
  CLI::App* command = program.add_subcommand(
      "generate",
      "run an exported folder on a prompt: its files in executors, as its program.json says; prints tokens");
  auto given = std::make_shared<GenerateArguments>();
  command->add_option("FOLDER", given->folder, "folder with a program.json")->required();
  command->add_option("--prompt", given->options.prompt, "the prompt's tokens: 2,105,7")
      ->delimiter(',')
      ->type_name("TOKENS");
  command
      ->add_option("--request", given->request,
                   "a .safetensors file with the request's tensors by name: pictures, input_ids")
      ->type_name("FILE");
  command->add_option("--tokens", given->options.tokens, "at most so many")
      ->type_name("N")
      ->check(CLI::PositiveNumber)
      ->capture_default_str();
  command->add_option("--stop", given->stop, "tokens that end it (default: the program's)")
      ->delimiter(',')
      ->type_name("TOKENS");
  command
      ->add_option("--executor", given->options.folder.executor,
                   "executor (default: for each file by its name)")
      ->type_name("NAME");
  command->add_option("--plugin", given->plugins, "also this plugin library")->type_name("FILE");
  command->add_flag("--json", given->json, "print JSON on standard output");
  command->callback([given] { run_generate(*given); });
}

}  // namespace vernier::app
