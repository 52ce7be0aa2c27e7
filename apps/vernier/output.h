// Standard output, where a full disk or a reader that went away is an error, not a success without a result.
#pragma once

#include <fmt/format.h>

#include <cerrno>
#include <cstdio>
#include <iostream>
#include <string>
#include <string_view>
#include <system_error>
#include <utility>

#include "vernier/core/error.h"
#include "vernier/core/shown_text.h"

namespace vernier::app {

[[noreturn]] inline void fail_output() {
  throw core::data_error("the result cannot be printed: " + std::generic_category().message(errno),
                         "standard output", "look at the disk or the program that it goes to");
}

// What files and plugins are called is in it: controls of a terminal are written as escapes. Throws Error
// (kData).
inline void write_output(std::string_view given) {
  const std::string text = core::shown_output(given);
  if (std::fwrite(text.data(), 1, text.size(), stdout) != text.size()) fail_output();
}

template <typename... Arguments>
void put(fmt::format_string<Arguments...> format, Arguments&&... arguments) {
  write_output(fmt::format(format, std::forward<Arguments>(arguments)...));
}

// For the end of a command: what was printed has left the process. Throws Error (kData).
inline void finish_output() {
  std::cout.flush();  // --help and --version
  if (std::fflush(stdout) != 0 || std::ferror(stdout) != 0 || !std::cout) fail_output();
}

}  // namespace vernier::app
