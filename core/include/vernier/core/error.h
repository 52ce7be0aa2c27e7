// The host's one error type. Thrown inside the host, turned into a vernier_status at the ABI and into an exit
// code in apps.
#pragma once

#include <stdexcept>
#include <string>
#include <utility>
#include <vector>

#include "vernier/abi/status.h"

namespace vernier::core {

// The value is the process's exit code.
enum class ErrorKind : int {
  kUsage = 2,      // command line or recipe
  kPlugin = 3,     // a plugin, or a capability that none has
  kGate = 4,       // a gate of the recipe was not met
  kData = 5,       // checkpoint, calibration or output data
  kInternal = 70,  // a defect of ours
  // Stopped from outside, as a shell counts the signals: see RunControl.
  kHangup = 129,
  kInterrupted = 130,
  kTerminated = 143
};

// One finding: what is wrong, where, what to do. `where` and `hint` may be empty.
struct Diagnostic {
  std::string what;  // one line: `unknown observer "minmx"`
  std::string
      where;  // `recipe.json:5:40 (/quantization/activation/observer)`, a module path, a tensor, a plugin id
  std::string hint;  // `did you mean "minmax"?`
};

class Error : public std::runtime_error {
 public:
  Error(ErrorKind kind, Diagnostic diagnostic)
      : Error(kind, std::vector<Diagnostic>{std::move(diagnostic)}) {}
  // At least one diagnostic; the first one is what().
  Error(ErrorKind kind, std::vector<Diagnostic> diagnostics);

  [[nodiscard]] ErrorKind kind() const { return kind_; }
  // What a plugin's call returns for it: what `with` set, else by kind: kData VERNIER_DATA_LOSS, kInternal
  // VERNIER_INTERNAL, kGate VERNIER_FAILED_PRECONDITION, a stop VERNIER_CANCELLED, all others
  // VERNIER_INVALID_ARGUMENT.
  [[nodiscard]] vernier_status status() const { return status_; }
  // `throw plugin_error("…").with(VERNIER_NOT_FOUND)`
  [[nodiscard]] Error with(vernier_status status) && {
    status_ = status;
    return std::move(*this);
  }
  // True where nothing is wrong but that somebody asked the run to stop.
  [[nodiscard]] bool is_stop() const {
    return kind_ == ErrorKind::kHangup || kind_ == ErrorKind::kInterrupted || kind_ == ErrorKind::kTerminated;
  }
  [[nodiscard]] int exit_code() const { return static_cast<int>(kind_); }
  [[nodiscard]] const std::vector<Diagnostic>& diagnostics() const { return diagnostics_; }
  // All diagnostics for a terminal: "error: what\n  at where\n  hint\n" each.
  [[nodiscard]] std::string format() const;

 private:
  ErrorKind kind_;
  vernier_status status_;
  std::vector<Diagnostic> diagnostics_;
};

inline Error usage_error(std::string what, std::string where = {}, std::string hint = {}) {
  return {ErrorKind::kUsage, Diagnostic{std::move(what), std::move(where), std::move(hint)}};
}
inline Error plugin_error(std::string what, std::string where = {}, std::string hint = {}) {
  return {ErrorKind::kPlugin, Diagnostic{std::move(what), std::move(where), std::move(hint)}};
}
inline Error data_error(std::string what, std::string where = {}, std::string hint = {}) {
  return {ErrorKind::kData, Diagnostic{std::move(what), std::move(where), std::move(hint)}};
}
inline Error internal_error(std::string what, std::string where = {}, std::string hint = {}) {
  return {ErrorKind::kInternal, Diagnostic{std::move(what), std::move(where), std::move(hint)}};
}
// `kind`: one of the three that mean a stop.
Error stop_error(ErrorKind kind);

}  // namespace vernier::core
