// The functions that end a process, as plugins and the libraries of plugins find them: the program comes
// first in their search. So an exit() in a plugin is an error that names it, whatever thread it comes from,
// and its code never passes for the run's. Calls within the C library do not come here (core's handler of
// exit() sees those), and nothing sees system calls of a plugin's own (syscall(SYS_exit_group), exec, kill
// with SIGKILL).
#include "vernier/core/process.h"
#include "vernier/core/sanitized.h"

#ifndef VERNIER_SANITIZED

#include <dlfcn.h>
#include <sys/syscall.h>
#include <unistd.h>

#include <cstdlib>

namespace {

[[noreturn]] void end_now(int code) {
  for (;;) ::syscall(SYS_exit_group, code);
}

// The C library's own function of that name.
[[noreturn]] void call_real(const char* name, int code) {
  using End = void (*)(int);
  if (const auto real = reinterpret_cast<End>(::dlsym(RTLD_NEXT, name))) real(code);
  end_now(code);
}

}  // namespace

extern "C" {

__attribute__((visibility("default"))) void exit(int code) noexcept {
  vernier::core::refuse_exit(__builtin_return_address(0));
  call_real("exit", code);
}

__attribute__((visibility("default"))) void quick_exit(int code) noexcept {
  vernier::core::refuse_exit(__builtin_return_address(0));
  call_real("quick_exit", code);
}

__attribute__((visibility("default"))) void _exit(int code) {
  vernier::core::refuse_exit(__builtin_return_address(0));
  end_now(code);
}

__attribute__((visibility("default"))) void _Exit(int code) noexcept {
  vernier::core::refuse_exit(__builtin_return_address(0));
  end_now(code);
}
}

#endif
