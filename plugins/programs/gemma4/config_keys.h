// Reading of a config.json whose parts have a pointer of their own: failures name the whole of it.
#pragma once

#include <vernier/options.h>

#include <string>
#include <utility>

namespace gemma4_program {

// What `read` gives; what it throws says that it is of the value at `pointer`.
template <typename Read>
auto within(const std::string& pointer, Read&& read) {
  try {
    return std::forward<Read>(read)();
  } catch (const vernier::Error& error) {
    if (error.recorded() || pointer.empty()) throw;
    throw vernier::Error(error.code(), pointer + ": " + error.what());
  }
}

inline vernier::Error unserved(const std::string& pointer, const std::string& why) {
  return vernier::unimplemented(pointer + ": " + why);
}
// Of a profile.
inline vernier::Error impossible(const std::string& pointer, const std::string& why) {
  return {VERNIER_OUT_OF_RANGE, pointer + " of the profile: " + why};
}

}  // namespace gemma4_program
