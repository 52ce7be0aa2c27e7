// Names of files that are being written, for a handler of a signal: it may not allocate, lock or destroy.
#pragma once

#include <unistd.h>

#include <array>
#include <atomic>

namespace vernier::core {

class TemporaryNames {
 public:
  // Remembers a name until forget(); the text must stay where it is. With no slot left the file is not
  // removed after a crash.
  static void remember(const char* name) {
    for (auto& slot : slots()) {
      const char* empty = nullptr;
      if (slot.compare_exchange_strong(empty, name)) return;
    }
  }
  static void forget(const char* name) {
    for (auto& slot : slots()) {
      const char* held = name;
      if (slot.compare_exchange_strong(held, nullptr)) return;
    }
  }
  // Async-signal-safe.
  static void remove_all() {
    for (auto& slot : slots()) {
      if (const char* name = slot.load()) ::unlink(name);
    }
  }

 private:
  static std::array<std::atomic<const char*>, 64>& slots() {
    static constinit std::array<std::atomic<const char*>, 64> names{};
    return names;
  }
};

}  // namespace vernier::core
