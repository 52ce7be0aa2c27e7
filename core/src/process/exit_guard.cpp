// exit() called by a plugin would end the process with the plugin's code, 0 perhaps, in the middle of a run.
// The C library's handlers of exit() see that, but last of all: after the destructors of everything that was
// loaded. So the program also has functions of its own under these names (apps/vernier/exit_guard.cpp), which
// plugins reach first.
#include "process/exit_guard.h"

#include <dlfcn.h>
#include <unistd.h>

#include <array>
#include <atomic>
#include <cstdlib>
#include <cstring>
#include <string>

#include "process/in_handler.h"
#include "vernier/core/error.h"
#include "vernier/core/process.h"

namespace vernier::core {

namespace {

std::atomic<bool> is_allowed{false};

extern "C" void on_exit_of_another() { refuse_exit(nullptr); }

// The library that holds `caller`; empty where it is not known. While a library is loaded, it has the name of
// the descriptor that it is loaded through.
std::string library_of(const void* caller) {
  Dl_info info{};
  if (caller == nullptr || ::dladdr(caller, &info) == 0 || info.dli_fname == nullptr) return {};
  std::array<char, 4096> file;
  const ssize_t length = std::strncmp(info.dli_fname, "/proc/self/fd/", 14) == 0
                             ? ::readlink(info.dli_fname, file.data(), file.size())
                             : -1;
  return length > 0 ? std::string(file.data(), static_cast<size_t>(length)) : std::string(info.dli_fname);
}

}  // namespace

void guard_exits() {
  std::atexit(&on_exit_of_another);
  std::at_quick_exit(&on_exit_of_another);
}

void allow_exit() { is_allowed = true; }

void refuse_exit(const void* caller) {
  if (is_allowed || !is_host()) return;
  is_allowed = true;  // the second of two threads that end the process at once finds it ending
  say("error: a plugin or library ended the process before the work was done\n  at ");
  const bool is_known = say_call();
  const std::string library = library_of(caller);
  if (!library.empty()) {
    say(is_known ? ", in " : "");
    say(library.c_str());
  } else if (!is_known) {
    say("a place that is not known: no call into a plugin was running");
  }
  say("\n  a plugin returns an error instead of calling exit(): tell its author\n");
  end_at_once(static_cast<int>(ErrorKind::kPlugin));
}

}  // namespace vernier::core
