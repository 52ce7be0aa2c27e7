// The consumer profiles of plugins/profiles.
#pragma once

#include <string>

#include "vernier/core/profiles.h"

namespace vernier::test {

inline core::Profile shipped_profile(const std::string& name) {
  return core::read_profile(VERNIER_SOURCE_DIR "/plugins/profiles/" + name + ".profile.json");
}

}  // namespace vernier::test
