// The call into a plugin that a thread is in: whose session it belongs to, where it is, and its error object.
#pragma once

#include <cstdint>
#include <optional>

#include "vernier/core/error.h"

namespace vernier::core {

class HostServices;

// Calls nest: a wrapper's forward runs another's. What a plugin does without a handle (log lines, kernels,
// its error text) belongs to the innermost scope of its thread. The texts must outlive the scope. Neither
// locks nor allocates.
class CallScope {
 public:
  static constexpr int kThreads = 64;  // that `each` sees

  // `services` is the session's; null for calls that belong to none (shutdown).
  CallScope(HostServices* services, const char* plugin, const char* where);
  ~CallScope();
  CallScope(const CallScope&) = delete;
  CallScope& operator=(const CallScope&) = delete;

  // The innermost of the calling thread; null outside. Safe in a signal handler.
  static CallScope* current();
  // True while any thread is inside a call. Safe in a signal handler.
  static bool any();
  // How many calls have begun, those within calls left out: a call that runs while this stays is one call.
  static uint64_t begun();
  // The innermost scope of each thread that is inside a call, for the handler of a signal: a thread
  // that is in none may work for one of them. Another thread may leave its scope meanwhile, so only a process
  // that is about to end should look.
  template <typename See>
  static void each(See&& see) {
    for (int i = 0; i < kThreads; ++i) {
      if (const CallScope* scope = running(i)) see(*scope);
    }
  }

  [[nodiscard]] HostServices* services() const { return services_; }
  [[nodiscard]] const char* plugin() const { return plugin_; }
  [[nodiscard]] const char* where() const { return where_; }
  std::optional<Error>& error() { return error_; }

 private:
  static const CallScope* running(int thread);

  HostServices* const services_;
  const char* const plugin_;
  const char* const where_;
  CallScope* const outer_;
  int place_;  // of the thread among the running ones; -1 where there was no room
  std::optional<Error> error_;
};

}  // namespace vernier::core
