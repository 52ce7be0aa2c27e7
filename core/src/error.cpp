#include "vernier/core/error.h"

#include <fmt/format.h>

#include "vernier/core/shown_text.h"

namespace vernier::core {

namespace {

vernier_status default_status(ErrorKind kind) {
  switch (kind) {
    case ErrorKind::kData:
      return VERNIER_DATA_LOSS;
    case ErrorKind::kInternal:
      return VERNIER_INTERNAL;
    case ErrorKind::kGate:
      return VERNIER_FAILED_PRECONDITION;
    case ErrorKind::kHangup:
    case ErrorKind::kInterrupted:
    case ErrorKind::kTerminated:
      return VERNIER_CANCELLED;
    default:
      return VERNIER_INVALID_ARGUMENT;
  }
}

}  // namespace

Error::Error(ErrorKind kind, std::vector<Diagnostic> diagnostics)
    : std::runtime_error(diagnostics.empty() ? std::string("unknown error") : diagnostics.front().what),
      kind_(kind),
      status_(default_status(kind)),
      diagnostics_(std::move(diagnostics)) {}

// Names and words of others are in all three: see shown().
std::string Error::format() const {
  constexpr size_t kMost = 101;  // the recipe's hundred findings, and how many more there are
  std::string text;
  size_t count = 0;
  for (const Diagnostic& one : diagnostics_) {
    if (++count > kMost) return text + fmt::format("{} more errors\n", diagnostics_.size() - kMost);
    text += fmt::format("error: {}\n", shown(one.what));
    if (!one.where.empty()) text += fmt::format("  at {}\n", shown(one.where));
    if (!one.hint.empty()) text += fmt::format("  {}\n", shown(one.hint));
  }
  return text;
}

Error stop_error(ErrorKind kind) {
  const char* signal = kind == ErrorKind::kHangup       ? "SIGHUP"
                       : kind == ErrorKind::kTerminated ? "SIGTERM"
                                                        : "SIGINT";
  return {kind, Diagnostic{fmt::format("stopped by the user ({})", signal), {}, "nothing was written"}};
}

}  // namespace vernier::core
