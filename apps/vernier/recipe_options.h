// The options that commands with a recipe share.
#pragma once

#include <CLI/CLI.hpp>
#include <memory>
#include <string>
#include <vector>

#include "progress.h"
#include "vernier/core/session.h"

namespace vernier::app {

struct RecipeOptions {
  std::string recipe;
  std::vector<std::string> overrides;
  std::vector<std::string> plugins;
  std::string out;
  std::string journal;
  std::string progress = "auto";
  bool json = false;

  void add_to(CLI::App& command) {
    command.add_option("RECIPE", recipe, "recipe file (JSON, comments allowed)")->required();
    command.add_option("--out", out, "output folder (default: out/<recipe name>)")->type_name("DIR");
    add_overrides_to(command);
  }

  // Of commands that calibrate.
  CLI::Option* add_journal_to(CLI::App& command) {
    return command
        .add_option("--journal", journal,
                    "keep in this folder what calibration saw, and take it from there while it still holds")
        ->type_name("DIR");
  }

  // Of commands that work for a while.
  CLI::Option* add_progress_to(CLI::App& command) {
    return command
        .add_option(
            "--progress", progress,
            "on standard error: lines (one a phase), events (JSON, one a line), none; auto: counts on a "
            "terminal, else lines, with --json none")
        ->check(CLI::IsMember({"auto", "lines", "events", "none"}))
        ->type_name("FORM");
  }
  [[nodiscard]] ProgressForm progress_form() const {
    if (progress == "lines") return ProgressForm::kLines;
    if (progress == "events") return ProgressForm::kEvents;
    return progress == "none" || json ? ProgressForm::kNone : app::progress_form(stderr);
  }

  // Those that do not say where a recipe is or where results go.
  void add_overrides_to(CLI::App& command) {
    command
        .add_option("--set", overrides,
                    "override a value of the recipe: PATH=VALUE, e.g. quantization.weight.dtype=uint4")
        ->type_name("PATH=VALUE")
        ->take_all()
        ->expected(1)
        ->allow_extra_args(false);  // what follows is no second value
    command.add_option("--plugin", plugins, "a plugin library; comes before every other place")
        ->type_name("FILE")
        ->take_all()
        ->expected(1)
        ->allow_extra_args(false);
    command.add_flag("--json", json, "print JSON on standard output");
  }

  [[nodiscard]] core::SessionOptions session() const {
    core::SessionOptions options;
    options.recipe = recipe;
    options.overrides = overrides;
    options.plugin_files.assign(plugins.begin(), plugins.end());
    if (!out.empty()) options.out = out;
    if (!journal.empty()) options.journal = journal;
    return options;
  }
};

}  // namespace vernier::app
