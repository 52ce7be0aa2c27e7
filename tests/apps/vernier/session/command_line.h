// Runs the real program and keeps what it printed.
#pragma once

#include <gtest/gtest.h>
#include <sys/wait.h>

#include <array>
#include <cstdio>
#include <string>

namespace vernier::test {

struct Outcome {
  int exit_code = -1;  // -1: ended by a signal
  std::string text;    // standard output and standard error
};

inline constexpr const char* kVernier = VERNIER_BINARY_DIR "/bin/vernier ";

// What a shell makes of `command`; the text is its standard output.
inline Outcome run_shell(const std::string& command) {
  FILE* pipe = popen(command.c_str(), "r");
  Outcome outcome;
  std::array<char, 4096> buffer;
  for (size_t got = fread(buffer.data(), 1, buffer.size(), pipe); got > 0;
       got = fread(buffer.data(), 1, buffer.size(), pipe))
    outcome.text.append(buffer.data(), got);
  const int status = pclose(pipe);
  outcome.exit_code = WIFEXITED(status) ? WEXITSTATUS(status) : -1;
  return outcome;
}

// `arguments` as a shell would take them; `environment` in front ("NAME=value").
inline Outcome run_vernier(const std::string& arguments, const std::string& environment = {}) {
  return run_shell(environment + " " + kVernier + arguments + " 2>&1");
}

}  // namespace vernier::test
