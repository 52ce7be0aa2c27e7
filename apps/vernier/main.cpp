// The command line. Exit codes: 0 ok, 2 usage or recipe or too little memory, 3 plugin or capability, 4 gate
// not met, 5 data, 70 internal; 129, 130, 143 stopped by SIGHUP, SIGINT, SIGTERM.
#include <spdlog/sinks/stdout_sinks.h>
#include <spdlog/spdlog.h>

#include <cstdio>
#include <new>
#include <string>
#include <vector>

#include "build_info.h"
#include "command_errors.h"
#include "commands.h"
#include "ended.h"
#include "output.h"
#include "progress.h"
#include "vernier/core/error.h"
#include "vernier/core/process.h"

namespace {

void use_stderr() {
  auto logger = spdlog::stderr_logger_st("vernier");
  // A message of a plugin stands in place of a line that is written over, not behind it.
  const bool is_terminal = vernier::app::progress_form(stderr) == vernier::app::ProgressForm::kTerminal;
  logger->set_pattern(is_terminal ? "\r\033[K%l: %v" : "%l: %v");
  spdlog::set_default_logger(std::move(logger));
}

int run_program(const std::vector<std::string>& words) {
  CLI::App program{"vernier: post-training quantization by recipe and plugins", "vernier"};
  program.set_version_flag("--version", vernier::app::version_text());
  program.require_subcommand(1);
  program.failure_message(CLI::FailureMessage::help);
  vernier::app::add_run(program);
  vernier::app::add_plan(program);
  vernier::app::add_verify(program);
  vernier::app::add_diff(program);
  vernier::app::add_explain(program);
  vernier::app::add_plugins(program);
  vernier::app::add_inspect(program);
  vernier::app::add_schema(program);
  vernier::app::add_synthesize(program);
  vernier::app::add_trial(program);
  vernier::app::add_smoke(program);
  vernier::app::add_trace(program);
  vernier::app::add_program(program);
  vernier::app::add_execute(program);
  vernier::app::add_generate(program);
  vernier::app::add_init(program);
  vernier::app::add_presets(program);
  vernier::app::add_quantize(program);
  vernier::app::add_completion(program);
  vernier::app::add_gates(program);
  vernier::app::add_sensitivity(program);
  vernier::app::add_tune(program);
  try {
    std::vector<std::string> last_first(words.rbegin(), words.rend());
    program.parse(last_first);
    vernier::app::finish_output();
    return 0;
  } catch (const vernier::app::Ended& ended) {
    vernier::app::finish_output();
    return ended.code;
  } catch (const CLI::Success& success) {  // --help, --version
    const int code = program.exit(success);
    vernier::app::finish_output();
    return code;
  } catch (const CLI::ParseError& error) {
    throw vernier::app::command_error(program, error, words);
  }
}

// A plugin that ends the main thread with pthread_exit() unwinds to here, where that is a crash.
int run_guarded(int argc, char** argv) noexcept {
  std::vector<std::string> words;
  try {
    words = vernier::app::command_words(argc, argv);
    return run_program(words);
  } catch (const vernier::core::Error& error) {
    return vernier::app::show_error(error, words);
  } catch (const std::bad_alloc&) {
    std::fputs(
        "error: there is not enough memory\n  `vernier plan RECIPE` tells what a run takes and the smallest "
        "limit "
        "that works; with runtime.max_memory it keeps to what there is\n",
        stderr);
    return static_cast<int>(vernier::core::ErrorKind::kUsage);
  } catch (const std::exception& error) {
    return vernier::app::show_error(
        vernier::core::internal_error(error.what(), {},
                                      "this is a defect of vernier: please report it with the recipe"),
        words);
  }
}

}  // namespace

int main(int argc, char** argv) {
  use_stderr();
  vernier::core::guard_process();
  vernier::core::end_process(run_guarded(argc, argv));
}
