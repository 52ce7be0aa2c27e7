// An error that passes on its way up a place which has more to say.
#pragma once

#include <utility>
#include <vector>

#include "vernier/core/error.h"

namespace vernier::core {

// The same error, kind and status, with `note` behind what it says.
[[nodiscard]] inline Error with_note(const Error& error, Diagnostic note) {
  std::vector<Diagnostic> all = error.diagnostics();
  all.push_back(std::move(note));
  return Error(error.kind(), std::move(all)).with(error.status());
}

}  // namespace vernier::core
