#include "vernier/core/smoke.h"

#include <fmt/format.h>

#include <nlohmann/json.hpp>

#include "commands.h"
#include "ended.h"
#include "output.h"
#include "progress.h"
#include "recipe_options.h"
#include "vernier/core/error.h"

namespace vernier::app {

namespace {

struct SmokeArguments {
  core::SmokeOptions options;
  RecipeOptions recipe;  // --set, --plugin and --json: of each case's recipe
  std::string backend = "circle";
  bool is_for_all = false, lists = false;
};

void print_listing(const nlohmann::json& listing) {
  put("{:<30} {:<10} {:<10} {:<24} {}\n", "type", "case", "entry", "plugin", "inputs");
  for (const auto& row : listing.at("cases")) {
    std::string inputs;
    for (const auto& [name, input] : row.at("inputs").items())
      inputs += fmt::format("{}{} {}{}", inputs.empty() ? "" : ", ", name, input.at("shape").dump(),
                            input.contains("dtype") ? " " + input.at("dtype").get<std::string>() : "");
    put("{:<30} {:<10} {:<10} {:<24} {}\n", row.at("type").get<std::string>(),
        row.at("case").get<std::string>(), row.at("entry").get<std::string>(),
        row.at("plugin").get<std::string>(), inputs);
  }
}

void print_without(const nlohmann::json& result) {
  for (const auto& type : result.at("without_case")) put("{:<30} no case\n", type.get<std::string>());
}

std::string file_verdict(const nlohmann::json& file) {
  if (file.is_null()) return "no file";
  const std::string backend = file.at("backend").get<std::string>();
  if (file.at("executor").is_null()) return backend + ": not run, no executor is there";
  if (file.at("codes").is_null())
    return fmt::format("{}: no codes, off by up to {:.2g}", backend, file.at("max_abs_diff").get<double>());
  const auto differ = file.at("codes_differ").get<uint64_t>(), codes = file.at("codes").get<uint64_t>();
  if (differ == 0) return fmt::format("{}: all {} codes equal", backend, codes);
  return fmt::format("{}: {} of {} codes differ, by up to {}", backend, differ, codes,
                     file.at("max_step").get<int64_t>());
}

void print_head() {
  put("{:<30} {:<10} {:>12} {:>12} {:>7}  {:<8} {}\n", "type", "case", "mean|diff|", "PEIR %", "s", "verdict",
      "file");
}

void print_row(const nlohmann::json& row) {
  const auto number = [&](const char* name, double factor, int digits) {
    return row.at(name).is_null() ? std::string("-")
                                  : fmt::format("{:.{}g}", row.at(name).get<double>() * factor, digits);
  };
  const std::string verdict = row.at("verdict").get<std::string>();
  put("{:<30} {:<10} {:>12} {:>12} {:>7.2f}  {:<8} {}\n", row.at("type").get<std::string>(),
      row.at("case").get<std::string>(), number("mean_abs_diff", 1, 6), number("peir", 100, 7),
      row.at("seconds").get<double>(), verdict, verdict == "error" ? "" : file_verdict(row.at("file")));
  for (const auto& error : row.at("errors")) {
    put("    {}\n", error.at("what").get<std::string>());
    for (const char* more : {"where", "hint"}) {
      if (!error.at(more).get_ref<const std::string&>().empty())
        put("      {}\n", error.at(more).get<std::string>());
    }
  }
  finish_output();  // a case may take long, and a reader wants each line when it is known
}

// Our executor of Circle files is exact. Runtimes have a rounding of their own, which grows through layers.
nlohmann::json file_gates(const std::string& backend) {
  if (backend == "circle") return {{"codes_differ", "<= 0"}, {"peir", "<= 0.00001"}};
  return {{"max_step", "<= 2"}, {"peir", "<= 0.02"}};
}

void run_smoke(SmokeArguments& given) {
  given.options.device = core::default_device();
  given.options.file_gates = file_gates(given.backend);
  ProgressView progress(ProgressForm::kNone);
  given.options.control = &controlled_by_signals(progress);
  bool is_first = true;
  const auto print = [&](const nlohmann::json& row) {
    if (given.recipe.json) return;
    if (is_first) print_head();
    is_first = false;
    print_row(row);
  };
  const nlohmann::json result = core::smoke(given.options, print);
  size_t failed = 0;
  for (const auto& row : result.at("cases")) failed += row.at("exit_code") != 0;
  if (given.recipe.json) {
    put("{}\n", core::json_text(result, 2));
  } else {
    print_without(result);
    put("{} of {} cases ok, {} types without a case, {:.2f} s, of these {:.2f} s to load the device\n",
        result.at("cases").size() - failed, result.at("cases").size(), result.at("without_case").size(),
        result.at("seconds").get<double>(), result.at("seconds_loading").get<double>());
  }
  finish_output();
  if (failed != 0)
    end_with_error(core::Error(core::ErrorKind{result.at("exit_code").get<int>()},
                               {fmt::format("{} of {} smoke cases failed", failed, result.at("cases").size()),
                                {},
                                "the rows above, or --json, tell what and where"}));
}

}  // namespace

void add_smoke(CLI::App& program) {
  CLI::App* command = program.add_subcommand(
      "smoke", "try wrappers on random numbers, in the small cases of their manifests");
  auto given = std::make_shared<SmokeArguments>();
  CLI::Option* types = command->add_option("TYPE", given->options.types, "module types");
  command->add_flag("--all", given->is_for_all, "every type that a wrapper serves")->excludes(types);
  command->add_flag("--list", given->lists, "print the cases and run none");
  command
      ->add_option("--export", given->backend,
                   "backend of the file that is written and run: circle (default), tflite, onnx, …, or none")
      ->type_name("BACKEND");
  command->add_option("--size", given->options.name, "only the cases of this name")->type_name("NAME");
  given->recipe.add_overrides_to(*command);
  command->callback([given] {
    const core::SessionOptions session = given->recipe.session();
    given->options.overrides = session.overrides;
    given->options.plugin_files = session.plugin_files;
    if (given->backend != "none") given->options.backend = given->backend;
    if (given->lists) {
      const nlohmann::json listing = core::list_smoke(given->options);
      if (given->recipe.json) return put("{}\n", core::json_text(listing, 2));
      print_listing(listing);
      return print_without(listing);
    }
    if (given->options.types.empty() && !given->is_for_all)
      throw core::usage_error("name a module type, or --all", "vernier smoke",
                              "`vernier smoke --list` names what there is");
    run_smoke(*given);
  });
}

}  // namespace vernier::app
