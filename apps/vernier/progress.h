// The reins of a command that writes: signals stop it, a line for each phase goes to standard error.
#pragma once

#include <cstdio>
#include <string>

#include "vernier/core/process.h"

namespace vernier::app {

// Lives until the process ends, as the handlers of signals want it.
inline const core::RunControl& controlled_by_signals(bool shows_progress) {
  auto& control = *new core::RunControl([shows_progress](const core::Progress& progress) {
    if (shows_progress && !progress.text.empty())
      std::fputs((std::string(progress.text) + "\n").c_str(), stderr);
  });
  core::stop_on_signals(control);
  return control;
}

}  // namespace vernier::app
