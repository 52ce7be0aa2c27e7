// The options that `init` and `quantize` share.
#pragma once

#include <CLI/CLI.hpp>
#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "vernier/core/error.h"
#include "vernier/core/init.h"

namespace vernier::app {

struct FirstRecipeOptions {
  std::string model, target, precision, recipe, samples, evaluation, column;
  std::optional<int64_t> tokens;
  std::vector<std::string> profile, plugins;
  bool json = false;

  void add_to(CLI::App& command) {
    command.add_option("MODEL", model, "folder with config.json")->required();
    command.add_option("--preset", precision, "precision: w8a16, … (`vernier presets`)")
        ->required()
        ->type_name("NAME");
    command
        .add_option("--text,--prompts", samples,
                    "samples to calibrate on: a line is a text (.txt), a row has one (.csv, with --column), "
                    "or a line "
                    "is a request with prompt, pictures and answer (.jsonl)")
        ->required()
        ->type_name("FILE");
    command
        .add_option(
            "--evaluation", evaluation,
            "other samples to measure on (default: the last 16 of --text, which then do not calibrate)")
        ->type_name("FILE");
    command
        .add_option("--column", column, "column of a .csv file, or key of .jsonl objects, that has the text")
        ->type_name("NAME");
    command
        .add_option("--tokens", tokens,
                    "tokens of a sample; of a whole program, of prompt and answer (default: 128, of a "
                    "program the first of 128, 256, … 4096 that pictures have room in)")
        ->check(CLI::Range(int64_t{2}, int64_t{1} << 20));
    command.add_option("--plugin", plugins, "a plugin library; comes before every other place")
        ->type_name("FILE")
        ->take_all()
        ->expected(1);
    command.add_flag("--json", json, "print JSON on standard output");
  }

  [[nodiscard]] core::InitOptions options() const {
    core::InitOptions options;
    options.model = model;
    options.target = target;
    options.precision = precision;
    options.recipe = recipe;
    options.samples = samples;
    options.evaluation = evaluation;
    options.column = column;
    options.tokens = tokens;
    for (const std::string& one : profile) {
      const size_t equals = one.find('=');
      if (equals == 0 || equals == std::string::npos)
        throw core::usage_error("a value of the profile has the form KEY=VALUE", "--profile " + one,
                                "for example image_slots=108");
      options.profile.emplace_back(one.substr(0, equals), one.substr(equals + 1));
    }
    options.plugin_files.assign(plugins.begin(), plugins.end());
    return options;
  }
};

}  // namespace vernier::app
