// The call into a plugin that is going on, for the message of a crash.
#pragma once

#include <atomic>

namespace vernier::core {

// Calls nest: a wrapper's forward runs another's. The innermost counts. Plugins are called from one thread; a
// worker thread that crashes meanwhile works for that call. The texts must outlive the scope.
class CrashScope {
 public:
  struct Call {
    const char* plugin;
    const char* where;
  };
  CrashScope(const char* plugin, const char* where)
      : call_{plugin, where}, outer_(current().exchange(&call_)) {}
  ~CrashScope() { current().store(outer_); }
  CrashScope(const CrashScope&) = delete;
  CrashScope& operator=(const CrashScope&) = delete;

  // For the handler of a signal, hence one place for the process.
  static std::atomic<const Call*>& current() {
    static std::atomic<const Call*> call{nullptr};
    return call;
  }

 private:
  const Call call_;
  const Call* const outer_;
};

}  // namespace vernier::core
