#include "vernier/core/error.h"

#include <fmt/format.h>

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

std::string Error::format() const {
  std::string text;
  for (const Diagnostic& one : diagnostics_) {
    text += fmt::format("error: {}\n", one.what);
    if (!one.where.empty()) text += fmt::format("  at {}\n", one.where);
    if (!one.hint.empty()) text += fmt::format("  {}\n", one.hint);
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
