// Names of what is being written, for a handler of a signal: it may not allocate, lock or destroy.
#pragma once

#include <unistd.h>

#include <array>
#include <atomic>

namespace vernier::core {

class TemporaryNames {
 public:
  // Remembers a file, or a folder with all that lies in it, until forget(). The text must stay where it is.
  // With no slot left the entry stays after a crash, until the next command sweeps it. A folder's symbolic
  // links are removed, not followed.
  static void remember(const char* name) { remember_in(slots(), name); }
  static void forget(const char* name) { forget_in(slots(), name); }
  // A folder that was made on the way: removed with the others if nothing lies in it then. Remember the
  // innermost first.
  static void remember_folder(const char* name) { remember_in(folders(), name); }
  static void forget_folder(const char* name) { forget_in(folders(), name); }
  // Removes all of them. Async-signal-safe.
  static void remove_all() {
    for (auto& slot : slots()) {
      if (const char* name = slot.load()) remove_entry(name);
    }
    for (auto& slot : folders()) {
      if (const char* name = slot.load()) ::rmdir(name);
    }
  }

 private:
  using Slots = std::array<std::atomic<const char*>, 64>;

  static void remember_in(Slots& slots, const char* name) {
    for (auto& slot : slots) {
      const char* empty = nullptr;
      if (slot.compare_exchange_strong(empty, name)) return;
    }
  }
  static void forget_in(Slots& slots, const char* name) {
    for (auto& slot : slots) {
      const char* held = name;
      if (slot.compare_exchange_strong(held, nullptr)) return;
    }
  }
  static void remove_entry(const char* name);
  static Slots& slots() {
    static constinit Slots names{};
    return names;
  }
  static Slots& folders() {
    static constinit Slots names{};
    return names;
  }
};

}  // namespace vernier::core
