// What goes wrong inside a plugin. Thrown freely there; a thunk turns it into a status at the ABI, so it
// never crosses.
#pragma once

#include <stdexcept>
#include <string>
#include <string_view>

#include "vernier/abi/status.h"
#include "vernier/abi/string.h"

namespace vernier {

class Error : public std::runtime_error {
 public:
  Error(vernier_status code, const std::string& text) : std::runtime_error(text), code_(code) {}
  // The host already holds the text and cause of a failed host call.
  static Error from_host(vernier_status code) {
    Error error(code, "a host call failed with status " + std::to_string(code));
    error.recorded_ = true;
    return error;
  }

  [[nodiscard]] vernier_status code() const { return code_; }
  [[nodiscard]] bool recorded() const { return recorded_; }

 private:
  vernier_status code_;
  bool recorded_ = false;
};

inline Error invalid_argument(const std::string& text) { return {VERNIER_INVALID_ARGUMENT, text}; }
inline Error unimplemented(const std::string& text) { return {VERNIER_UNIMPLEMENTED, text}; }

// Throws when a host call failed.
inline void check(vernier_status status) {
  if (status != VERNIER_OK) throw Error::from_host(status);
}

inline vernier_string to_abi(std::string_view text) { return {text.data(), text.size()}; }
inline std::string_view to_view(vernier_string text) { return {text.data, static_cast<size_t>(text.length)}; }

}  // namespace vernier
