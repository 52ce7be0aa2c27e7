// Completion for shells, and the manual page: written from the commands themselves, so that they cannot
// differ.
#include <fmt/format.h>
#include <fmt/ranges.h>

#include <string>
#include <vector>

#include "build_info.h"
#include "command_names.h"
#include "commands.h"
#include "output.h"

namespace vernier::app {

namespace {

bool is_positional(const CLI::Option& option) {
  return option.get_lnames().empty() && option.get_snames().empty();
}

// Words after the command are options of it or files.
std::string bash_completion(const CLI::App& program) {
  std::vector<std::string> commands;
  std::string cases;
  for (const CLI::App* one : shown_commands(program)) {
    commands.push_back(one->get_name());
    cases += fmt::format("    {}) words=\"{}\" ;;\n", one->get_name(), fmt::join(option_names(*one), " "));
  }
  return fmt::format(
      "# bash completion of vernier; source it, or put it into "
      "/usr/share/bash-completion/completions/vernier\n"
      "_vernier() {{\n"
      "  local current=\"${{COMP_WORDS[COMP_CWORD]}}\" words\n"
      "  if [ \"$COMP_CWORD\" -eq 1 ]; then\n"
      "    COMPREPLY=($(compgen -W \"{} {}\" -- \"$current\"))\n"
      "    return\n"
      "  fi\n"
      "  case \"${{COMP_WORDS[1]}}\" in\n{}    *) words=\"\" ;;\n  esac\n"
      "  case \"$current\" in\n"
      "    -*) COMPREPLY=($(compgen -W \"$words\" -- \"$current\")) ;;\n"
      "    *) COMPREPLY=($(compgen -f -- \"$current\")) ;;\n"
      "  esac\n"
      "}}\n"
      "complete -o filenames -F _vernier vernier\n",
      fmt::join(commands, " "), fmt::join(option_names(program), " "), cases);
}

// In single quotes of a shell.
std::string quoted(const std::string& text) {
  std::string result = "'";
  for (const char c : text) result += c == '\'' ? std::string("'\\''") : std::string(1, c);
  return result + "'";
}

// What _arguments and _describe take for themselves.
std::string zsh_text(const std::string& text) {
  std::string result;
  for (const char c : text) {
    if (c == '[' || c == ']' || c == ':' || c == '\\') result += '\\';
    result += c;
  }
  return result;
}

std::string zsh_options(const CLI::App& command) {
  std::string text;
  for (const CLI::Option* option : command.get_options()) {
    const bool has_value = option->get_items_expected_max() > 0;
    const std::string help =
        "[" + zsh_text(option->get_description()) + "]" + (has_value ? ":value:_files" : "");
    for (const std::string& name : option->get_snames())
      text += fmt::format(" \\\n        {}", quoted(fmt::format("*-{}{}", name, help)));
    for (const std::string& name : option->get_lnames())
      text += fmt::format(" \\\n        {}", quoted(fmt::format("*--{}{}", name, help)));
  }
  return text;
}

std::string zsh_completion(const CLI::App& program) {
  std::string commands, cases;
  for (const CLI::App* one : shown_commands(program)) {
    commands += fmt::format("    {}\n", quoted(one->get_name() + ":" + zsh_text(one->get_description())));
    cases += fmt::format("    {})\n      _arguments{} \\\n        '*:file:_files'\n      ;;\n",
                         one->get_name(), zsh_options(*one));
  }
  return fmt::format(
      "#compdef vernier\n# zsh completion of vernier; put it as _vernier into a folder of $fpath\n"
      "_vernier() {{\n  local -a commands\n  commands=(\n{}  )\n"
      "  if (( CURRENT == 2 )); then\n    _describe command commands\n    return\n  fi\n"
      "  local command=\"${{words[2]}}\"\n  shift words\n  (( CURRENT-- ))\n"
      "  case \"$command\" in\n{}  esac\n}}\n_vernier \"$@\"\n",
      commands, cases);
}

// Text of a page: roff reads a backslash, a dash and a leading point or quote as its own.
std::string roff(const std::string& text) {
  std::string result;
  for (const char c : text) {
    if (result.empty() && (c == '.' || c == '\'')) result += "\\&";
    if (c == '\\')
      result += "\\e";
    else if (c == '-')
      result += "\\-";
    else
      result += c == '\n' ? ' ' : c;
  }
  return result;
}

std::string roff_option(const CLI::Option& option) {
  if (is_positional(option))
    return fmt::format(".TP\n.I {}\n{}\n", roff(option.get_name()), roff(option.get_description()));
  std::vector<std::string> names;
  for (const std::string& name : option.get_snames()) names.push_back("-" + name);
  for (const std::string& name : option.get_lnames()) names.push_back("--" + name);
  const std::string value = option.get_items_expected_max() > 0 ? " " + option.get_type_name() : "";
  return fmt::format(".TP\n.B {}{}\n{}\n", roff(fmt::format("{}", fmt::join(names, ", "))), roff(value),
                     roff(option.get_description()));
}

std::string manual_page(const CLI::App& program) {
  std::string text = fmt::format(
      ".TH VERNIER 1 \"\" \"vernier {}\" \"User Commands\"\n.SH NAME\nvernier \\- {}\n.SH SYNOPSIS\n.B "
      "vernier\n"
      ".I COMMAND\n[\\fIoptions\\fR]\n.SH DESCRIPTION\n"
      "Turns a floating\\-point checkpoint into a quantized model file, as a recipe and plugins say.\n.SH "
      "COMMANDS\n",
      VERNIER_VERSION, "post\\-training quantization by recipe and plugins");
  for (const CLI::App* one : shown_commands(program)) {
    text += fmt::format(".SS {}\n{}\n", roff(one->get_name()), roff(one->get_description()));
    for (const CLI::Option* option : one->get_options()) text += roff_option(*option);
  }
  return text +
         ".SH EXIT STATUS\n0 ok; 2 command line or recipe, and too little memory; 3 plugin or capability; 4 "
         "gate "
         "not met; 5 checkpoint, calibration or output data; 70 a defect of vernier; 129, 130, 143 stopped "
         "by "
         "a signal.\n.SH ENVIRONMENT\n.TP\n.B VERNIER_PLUGIN_PATH\nfolders with plugin libraries\n.TP\n"
         ".B VERNIER_PYTHON\nPython of executors and processors that run in it\n.TP\n.B NO_COLOR\nno colours "
         "on a terminal\n";
}

}  // namespace

void add_completion(CLI::App& program) {
  CLI::App* command = program.add_subcommand(
      "completion", "print the completion script of a shell, or the manual page: bash, zsh, man");
  auto form = std::make_shared<std::string>();
  command->add_option("FORM", *form, "bash, zsh or man")
      ->required()
      ->check(CLI::IsMember({"bash", "zsh", "man"}));
  command->callback([form, &program] {
    write_output(*form == "bash"  ? bash_completion(program)
                 : *form == "zsh" ? zsh_completion(program)
                                  : manual_page(program));
  });
}

}  // namespace vernier::app
