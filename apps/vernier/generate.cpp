#include <fmt/format.h>
#include <fmt/ranges.h>

#include <algorithm>
#include <nlohmann/json.hpp>

#include "commands.h"
#include "output.h"
#include "progress.h"
#include "vernier/core/program_folder.h"

namespace vernier::app {

namespace {

struct GenerateArguments {
  core::GenerateOptions options;
  core::WrittenPrompt written;
  std::string folder, request, requests, compare;
  std::vector<std::string> plugins;
  std::vector<int32_t> stop;
  std::optional<int64_t> samples;
  bool has_words = false, json = false;
};

// What a model says may be anything: control characters but line breaks and tabs never reach a terminal.
std::string terminal_text(const std::string& text) {
  std::string shown;
  for (const char one : text) {
    const auto code = static_cast<unsigned char>(one);
    const bool is_control = (code < 0x20 && one != '\n' && one != '\t') || code == 0x7F;
    if (is_control)
      shown += fmt::format("\\x{:02x}", code);
    else
      shown += one;
  }
  return shown;
}

// "float: WORDS (7 of 9 tokens the same)"; nothing where it was not asked for.
void put_float(const nlohmann::json& made, bool has_words) {
  const auto found = made.find("float");
  if (found == made.end()) return;
  const auto tokens = found->at("tokens").get<std::vector<int32_t>>();
  const std::string answer = has_words ? terminal_text(found->at("text").get<std::string>())
                                       : fmt::format("{}", fmt::join(tokens, " "));
  const auto same = found->at("same_tokens").get<size_t>();
  const size_t longer = std::max(tokens.size(), made.at("tokens").size());
  put("float: {} ({})\n", answer,
      same == longer ? fmt::format("all {} tokens the same", longer)
                     : fmt::format("the first {} of {} tokens the same", same, longer));
}

void run_each(const GenerateArguments& given) {
  const auto made = core::generate_each(given.options, given.requests, given.samples);
  if (given.json) return put("{}\n", core::json_text(made, 2));
  for (const auto& one : made) {
    put("{}\n", fmt::join(one.at("tokens").get<std::vector<int32_t>>(), " "));
    put_float(one, false);
  }
}

void run_generate(GenerateArguments& given) {
  ProgressView progress(ProgressForm::kNone);
  given.options.folder.control = &controlled_by_signals(progress);
  given.options.folder.folder = given.folder;
  given.options.folder.plugin_files = {given.plugins.begin(), given.plugins.end()};
  given.options.request = given.request;
  if (!given.stop.empty()) given.options.stop = given.stop;
  if (!given.compare.empty()) given.options.compares_float = core::default_device();
  if (given.has_words) given.options.written = given.written;
  if (!given.requests.empty()) return run_each(given);
  const auto made = core::generate(given.options);
  if (given.json) return put("{}\n", core::json_text(made, 2));
  if (given.has_words)
    put("{}\n", terminal_text(made.at("text").get<std::string>()));
  else
    put("{}\n", fmt::join(made.at("tokens").get<std::vector<int32_t>>(), " "));
  put_float(made, given.has_words);
}

void add_words(CLI::App& command, GenerateArguments& given) {
  CLI::Option* prompt =
      command
          .add_option_function<std::string>(
              "--prompt",
              [&given](const std::string& text) {
                given.written.text = text;
                given.has_words = true;
              },
              "the prompt in words, which go through the chat template that lies in the folder")
          ->type_name("TEXT");
  command.add_option("--image", given.written.images, "a JPEG or PNG shown before the words; again for more")
      ->type_name("FILE")
      ->allow_extra_args(false)
      ->needs(prompt);
  command
      .add_flag("--raw", given.written.is_raw,
                "the words are the whole prompt, with special tokens and one image token for each picture")
      ->needs(prompt);
  command
      .add_option("--processor", given.written.processor,
                  "processor of words and pictures (default: the only one)")
      ->type_name("NAME")
      ->needs(prompt);
  command
      .add_option("--processor-options", given.written.processor_options,
                  "its options, a JSON object: {\"python\": \"/path/to/python\"}")
      ->type_name("JSON")
      ->needs(prompt);
}

}  // namespace

void add_generate(CLI::App& program) {
  CLI::App* command = program.add_subcommand(
      "generate",
      "run an exported folder on a prompt: its files in executors, as its program.json says; prints the "
      "answer's words, or its tokens where the prompt was tokens");
  auto given = std::make_shared<GenerateArguments>();
  command->add_option("FOLDER", given->folder, "folder with a program.json")->required();
  add_words(*command, *given);
  command->add_option("--ids", given->options.prompt, "the prompt's tokens: 2,105,7")
      ->delimiter(',')
      ->type_name("TOKENS")
      ->excludes("--prompt");
  command
      ->add_option("--request", given->request,
                   "a .safetensors file with the request's tensors by name: pictures, input_ids")
      ->type_name("FILE")
      ->excludes("--prompt");
  command
      ->add_option(
          "--requests", given->requests,
          "a .safetensors file with NAME.i for each tensor of request i, or a .jsonl file with a line "
          "for each: a line of tokens for each")
      ->type_name("FILE")
      ->excludes("--prompt")
      ->excludes("--ids")
      ->excludes("--request");
  command->add_option("--samples", given->samples, "of --requests: the first N (default: all)")
      ->type_name("N")
      ->check(CLI::PositiveNumber)
      ->needs("--requests");
  command->add_option("--tokens", given->options.tokens, "at most so many")
      ->type_name("N")
      ->check(CLI::PositiveNumber)
      ->capture_default_str();
  command->add_option("--stop", given->stop, "tokens that end it (default: the program's)")
      ->delimiter(',')
      ->type_name("TOKENS");
  command
      ->add_option("--compare", given->compare,
                   "float: the float model answers, too, from the checkpoint and recipe that the folder was "
                   "made of")
      ->type_name("float")
      ->check(CLI::IsMember({"float"}));
  command
      ->add_option("--executor", given->options.folder.executor,
                   "executor (default: for each file by its name)")
      ->type_name("NAME");
  command->add_option("--plugin", given->plugins, "also this plugin library")->type_name("FILE");
  command->add_flag("--json", given->json, "print JSON on standard output");
  command->callback([given] { run_generate(*given); });
}

}  // namespace vernier::app
