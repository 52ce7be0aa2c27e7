// What the dynamic loader said, out of what Boost.DLL makes of it.
#pragma once

#include <string>
#include <string_view>

namespace vernier::core {

// "boost::dll::shared_library::load() failed (dlerror system message: X): Bad file descriptor" -> "X": errno
// has nothing to do with it. Any other text as it is.
[[nodiscard]] inline std::string loader_message(std::string_view text) {
  constexpr std::string_view kBefore = "(dlerror system message: ";
  const size_t begin = text.find(kBefore), end = text.rfind("): ");
  if (begin == text.npos || end == text.npos || end < begin + kBefore.size()) return std::string(text);
  return std::string(text.substr(begin + kBefore.size(), end - begin - kBefore.size()));
}

}  // namespace vernier::core
