#include "vernier/core/verify.h"

#include <fmt/format.h>

#include <algorithm>
#include <filesystem>
#include <nlohmann/json.hpp>

#include "commands.h"
#include "ended.h"
#include "output.h"
#include "progress.h"
#include "recipe_options.h"
#include "vernier/core/check.h"
#include "vernier/core/error.h"
#include "vernier/core/profiles.h"
#include "vernier/core/program_folder.h"

namespace vernier::app {

namespace {

struct VerifyArguments {
  core::VerifyOptions verify;
  std::string file;
  std::string profile;
  uint64_t samples = 0;
  std::string device, record;  // of a folder
  int64_t within = 0;
  bool records_nodes = false;
  RecipeOptions recipe;
};

void verify_with_recipe(const VerifyArguments& given) {
  core::SessionOptions session = given.recipe.session();
  session.device = core::default_device();
  ProgressView progress(given.recipe.progress_form());
  session.control = &controlled_by_signals(progress);
  core::VerifyOptions options = given.verify;
  options.file = given.file;
  if (given.samples != 0) options.samples = given.samples;
  const auto rows = core::verify(session, options);
  if (given.recipe.json) put("{}\n", core::json_text(rows.size() == 1 ? rows[0] : rows, 2));
  for (const auto& row : rows) {
    if (!given.recipe.json) put("{}", core::verify_table(row));
  }
  if (!std::all_of(rows.begin(), rows.end(), core::verify_gates_met))
    end_with_error(
        core::Error(core::ErrorKind::kGate, {"the executed file breaks a gate of the recipe", given.file,
                                             "the row above, or --json, tells each node's part"}));
}

// The rules of the format alone: nothing is executed.
void verify_by_rules(const VerifyArguments& given) {
  std::optional<core::Profile> profile;
  if (given.profile.ends_with(".json"))
    profile = core::read_profile(given.profile);
  else if (!given.profile.empty())
    profile = core::Profiles::find({}).read(given.profile, "--profile");
  const core::CheckResult result = core::check_file(given.file, profile ? &*profile : nullptr);
  if (given.recipe.json)
    put("{}\n", core::json_text(result.to_json(), 2));
  else
    put("{}", result.to_table());
  const bool is_well_formed =
      std::all_of(result.findings.begin(), result.findings.end(),
                  [](const auto& one) { return !one.is_error || one.rule.starts_with("profile-"); });
  if (result.has_errors() && is_well_formed)
    end_with_error(
        core::data_error("the file is sound, but its consumer does not take it", given.file,
                         "plugins/profiles/README.md tells what a profile is; `vernier plugins` lists them"));
  if (result.has_errors())
    end_with_error(core::data_error("the file breaks rules of its format", given.file,
                                    fmt::format("core/src/{}/README.md explains each rule",
                                                result.format == "onnx" ? "onnx" : "circle/check")));
}

// All files of a program against each other, and what they give against what was recorded.
void verify_program_folder(const VerifyArguments& given) {
  if (!given.profile.empty())
    throw core::usage_error("--profile goes with a file, not with a folder", "--profile",
                            "verify the folder's files one by one for that");
  ProgressView progress(ProgressForm::kNone);
  core::VerifyFolderOptions options{core::FolderOptions()};
  options.folder.folder = given.file;
  options.folder.plugin_files = {given.recipe.plugins.begin(), given.recipe.plugins.end()};
  options.folder.control = &controlled_by_signals(progress);
  options.device = given.device;
  options.within = given.within;
  options.record = given.record;
  options.records_nodes = given.records_nodes;
  const auto folder = core::verify_folder(options);
  if (given.recipe.json)
    put("{}\n", core::json_text(folder, 2));
  else
    put("{}", core::folder_table(folder));
  if (!core::folder_holds(folder))
    end_with_error(core::Error(
        core::ErrorKind::kGate,
        {"what was recorded is not what the files give", folder.at("held").at("recording").get<std::string>(),
         "the rows above tell where; docs/program.md, \"Recordings\", how to read them"}));
}

void refuse_folder_options(const VerifyArguments& given) {
  const char* option = !given.device.empty()   ? "--device"
                       : !given.record.empty() ? "--record"
                       : given.within != 0     ? "--within"
                       : given.records_nodes   ? "--nodes"
                                               : nullptr;
  if (option != nullptr)
    throw core::usage_error(fmt::format("{} goes with a folder that has a program.json", option), option,
                            "name the folder that `vernier run` wrote for a program");
}

void add_folder_options(CLI::App& command, VerifyArguments& given) {
  command
      .add_option(
          "--device", given.device,
          "of a folder: what a device recorded, a .safetensors file or a folder of .npy files: its first "
          "tensor that is not what the files give")
      ->type_name("DUMP");
  command
      .add_option("--within", given.within, "of a folder: codes so far apart are no difference (default: 0)")
      ->type_name("STEPS")
      ->check(CLI::NonNegativeNumber);
  command
      .add_option("--record", given.record,
                  "of a folder: write what the files give for its golden run's requests, in the form that "
                  "--device reads")
      ->type_name("FILE");
  command.add_flag("--nodes", given.records_nodes, "with --record: also tensors inside the files")
      ->needs("--record");
}

}  // namespace

void add_verify(CLI::App& program) {
  CLI::App* command = program.add_subcommand(
      "verify",
      "hold a .circle or .tflite file to the rules of its format, or the files of a folder to its "
      "program.json and its golden run; with --recipe, run an exported file and compare it with the recipe "
      "that made it");
  auto given = std::make_shared<VerifyArguments>();
  command->add_option("FILE", given->file, "the exported file, or a folder with a program.json")->required();
  CLI::Option* recipe = command
                            ->add_option("--recipe", given->recipe.recipe,
                                         "the recipe that made it: the file is executed and compared")
                            ->type_name("FILE");
  command
      ->add_option("--profile", given->profile,
                   "also the rules of this consumer: a profile of `vernier plugins`, or a .profile.json; "
                   "without --recipe")
      ->type_name("NAME|FILE")
      ->excludes(recipe);
  given->recipe.add_overrides_to(*command);
  given->recipe.add_journal_to(*command)->needs(recipe);
  given->recipe.add_progress_to(*command)->needs(recipe);
  command
      ->add_option("--executor", given->verify.executor,
                   "executor (default: the one that runs files with such a name)")
      ->type_name("NAME")
      ->needs(recipe);
  command
      ->add_option("--executor-options", given->verify.executor_options,
                   "options of the executor, a JSON object")
      ->type_name("JSON")
      ->needs(recipe);
  command
      ->add_option(
          "--unit", given->verify.unit,
          "the unit of the recipe that the file holds (default: those that the recipe exports to a file "
          "of that name)")
      ->type_name("NAME")
      ->needs(recipe);
  command->add_option("--samples", given->samples, "at most so many evaluation samples")
      ->type_name("N")
      ->check(CLI::PositiveNumber)
      ->needs(recipe);
  add_folder_options(*command, *given);
  command->callback([given] {
    std::error_code error;
    const bool is_folder = given->recipe.recipe.empty() && std::filesystem::is_directory(given->file, error);
    if (!is_folder) refuse_folder_options(*given);
    if (is_folder)
      verify_program_folder(*given);
    else if (given->recipe.recipe.empty())
      verify_by_rules(*given);
    else
      verify_with_recipe(*given);
  });
}

}  // namespace vernier::app
