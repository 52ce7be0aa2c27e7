// A command that has told all it has to tell ends with a code that is no error of the program.
#pragma once

#include <cstdio>

#include "output.h"
#include "vernier/core/error.h"

namespace vernier::app {

struct Ended {
  int code;
};

inline void end_with(int code) {
  if (code != 0) throw Ended{code};
}

// The same where the result was printed and is one to stop at: standard error says why, and standard output
// keeps the one document that --json promises.
[[noreturn]] inline void end_with_error(const core::Error& error) {
  finish_output();
  std::fputs(error.format().c_str(), stderr);
  throw Ended{error.exit_code()};
}

}  // namespace vernier::app
