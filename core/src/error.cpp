#include "vernier/core/error.h"

#include <fmt/format.h>

namespace vernier::core {

Error::Error(ErrorKind kind, std::vector<Diagnostic> diagnostics)
    : std::runtime_error(diagnostics.empty() ? std::string("unknown error") : diagnostics.front().what),
      kind_(kind),
      diagnostics_(std::move(diagnostics)) {}

std::string Error::format() const {
  std::string text;
  for (const Diagnostic& one : diagnostics_) {
    text += fmt::format("error: {}\n", one.what);
    if (!one.where.empty()) text += fmt::format("  at {}\n", one.where);
    if (!one.hint.empty()) text += fmt::format("  {}\n", one.hint);
  }
  return text;
}

}  // namespace vernier::core
