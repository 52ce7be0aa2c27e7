// A program that runs beside the host, does not outlive the call, and whose output is bounded.
#pragma once

#include <chrono>
#include <filesystem>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "vernier/core/run_control.h"

namespace vernier::core {

// `name` in the folder of the running program, as in a build, in bin/ beside it, or in libexec/vernier of its
// installation; empty where there is none.
[[nodiscard]] std::filesystem::path program_beside(const std::string& name);

struct ChildCall {
  std::vector<std::string> arguments;                 // the program's path first
  std::vector<std::pair<int, int>> descriptors = {};  // ours, and its number there
  bool keeps_errors = false;                          // else its standard error goes nowhere
  size_t kept_bytes = 2000;  // of standard output the first, of standard error the last
};

struct ChildEnd {
  int status = 0;  // as waitpid() gives it
  std::string output;
  std::string errors;
};

// Runs the program, its standard output (and error) read, its standard input ours, in a process group of its
// own; nothing where it has not ended, or not closed its output, at `deadline`. However the call ends, the
// whole group has ended after it. Throws Error (kInternal) where it cannot be started; a stop where `control`
// asks for one.
[[nodiscard]] std::optional<ChildEnd> run_child(const ChildCall& call,
                                                std::optional<std::chrono::steady_clock::time_point> deadline,
                                                const RunControl& control);

}  // namespace vernier::core
