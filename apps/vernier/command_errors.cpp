#include "command_errors.h"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <algorithm>
#include <cstdio>
#include <nlohmann/json.hpp>

#include "command_names.h"
#include "vernier/core/shown_text.h"
#include "vernier/core/suggestion.h"

namespace vernier::app {

namespace {

constexpr const char* kHelp = "`vernier --help` and `vernier COMMAND --help` list what there is";

bool is_option(const std::string& word) { return word.size() > 1 && word.front() == '-'; }

std::vector<std::string> commands_of(const CLI::App& program) {
  std::vector<std::string> names;
  for (const CLI::App* one : shown_commands(program)) names.push_back(one->get_name());
  return names;
}

// The first word with a dash that is no option of `command`: it explains more than what else is missing.
// Empty where there is none.
std::string unknown_option(const CLI::App& command, const std::vector<std::string>& words) {
  const std::vector<std::string> known = option_names(command);
  for (const std::string& word : words) {
    std::string name = word.substr(0, word.find('='));
    if (name == "--") return {};  // all behind it are words
    if (name.starts_with("--") && std::find(known.begin(), known.end(), name) == known.end()) return name;
  }
  return {};
}

// Which CLI11 tells in a sentence alone: "The following argument was not expected: again.json"
std::string extra_words(const CLI::ParseError& error) {
  const std::string text = error.what();
  const size_t colon = text.find(": ");
  return dynamic_cast<const CLI::ExtrasError*>(&error) != nullptr && colon != text.npos
             ? text.substr(colon + 2)
             : "";
}

}  // namespace

std::vector<std::string> command_words(int argc, char** argv) {
  std::vector<std::string> words(argv + std::min(argc, 1), argv + argc);
  if (!words.empty() && words.front() == "version") words.front() = "--version";
  if (!words.empty() && words.front() == "help") {
    words.erase(words.begin());
    words.emplace_back("--help");
  }
  return words;
}

core::Error command_error(const CLI::App& program, const CLI::ParseError& error,
                          const std::vector<std::string>& words) {
  const std::vector<std::string> commands = commands_of(program);
  if (words.empty())
    return core::usage_error("no command is given", "vernier",
                             fmt::format("there are {}; {}", fmt::join(commands, ", "), kHelp));
  const auto chosen = program.get_subcommands();  // those that were on the command line
  if (chosen.empty()) {
    const std::string& word = words.front();
    if (is_option(word)) {
      const std::string meant = core::did_you_mean(word, option_names(program));
      return core::usage_error(fmt::format("vernier has no option {}", word), "vernier",
                               meant.empty() ? kHelp : meant);
    }
    const std::string meant = core::did_you_mean(word, commands);
    return core::usage_error(fmt::format("vernier has no command \"{}\"", word), "vernier",
                             meant.empty() ? fmt::format("there are {}", fmt::join(commands, ", ")) : meant);
  }
  const CLI::App& command = *chosen.front();
  const std::string place = "vernier " + command.get_name();
  const std::string help = fmt::format("`{} --help` lists what it takes", place);
  if (const std::string name = unknown_option(command, words); !name.empty()) {
    const std::string meant = core::did_you_mean(name, option_names(command));
    return core::usage_error(
        fmt::format("{} has no option {}", place, name), place,
        meant.empty() ? fmt::format("it has {}", fmt::join(option_names(command), ", ")) : meant);
  }
  if (const std::string extra = extra_words(error); !extra.empty())
    return core::usage_error(fmt::format("{} does not take \"{}\"", place, extra), place, help);
  return core::usage_error(error.what(), place, help);
}

int show_error(const core::Error& error, const std::vector<std::string>& words) {
  std::fputs(error.format().c_str(), stderr);
  if (std::find(words.begin(), words.end(), "--json") == words.end()) return error.exit_code();
  nlohmann::json diagnostics = nlohmann::json::array();
  for (const core::Diagnostic& one : error.diagnostics())
    diagnostics.push_back({{"what", one.what}, {"where", one.where}, {"hint", one.hint}});
  const nlohmann::json document = {
      {"error", {{"exit_code", error.exit_code()}, {"diagnostics", std::move(diagnostics)}}}};
  std::fputs(core::shown_output(core::json_text(document, 2) + "\n").c_str(), stdout);
  std::fflush(stdout);
  return error.exit_code();
}

}  // namespace vernier::app
