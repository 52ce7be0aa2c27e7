// What is printed where a command line or a command fails.
#pragma once

#include <CLI/CLI.hpp>
#include <string>
#include <vector>

#include "vernier/core/error.h"

namespace vernier::app {

// The words behind the program's name. `help`, `help COMMAND` and `version` are what people type first: they
// become the options of the same name.
std::vector<std::string> command_words(int argc, char** argv);

// What is wrong with `words`, which `program` did not take: the word that is wrong, whose it is, and what was
// most likely meant.
core::Error command_error(const CLI::App& program, const CLI::ParseError& error,
                          const std::vector<std::string>& words);

// On standard error; where `words` ask for JSON, on standard output also as a document,
// {"error": {"exit_code", "diagnostics": [{"what", "where", "hint"}]}}. Returns the exit code.
int show_error(const core::Error& error, const std::vector<std::string>& words);

}  // namespace vernier::app
