#include "vernier/core/process.h"

#include <fcntl.h>
#include <unistd.h>

#include <array>
#include <cerrno>
#include <csignal>
#include <cstdint>
#include <cstdio>
#include <cstdlib>
#include <cstring>

#include "abi/call_scope.h"
#include "process/at_end.h"
#include "process/exit_guard.h"
#include "process/in_handler.h"
#include "process/signals.h"
#include "vernier/core/error.h"

#if defined(__SANITIZE_ADDRESS__)
#define VERNIER_HAS_ASAN 1
#elif defined(__has_feature)
#if __has_feature(address_sanitizer)
#define VERNIER_HAS_ASAN 1
#endif
#endif

namespace vernier::core {

namespace {

const char* name_of(int signal) {
  switch (signal) {
    case SIGSEGV:
      return "segmentation fault";
    case SIGBUS:
      return "bus error";
    case SIGFPE:
      return "arithmetic exception";
    case SIGILL:
      return "illegal instruction";
    case SIGTRAP:
      return "trap";
    case SIGSYS:
      return "system call that is not allowed";
    default:
      return "abort";
  }
}

// Reads /proc/self/maps a byte at a time through a small buffer.
class Maps {
 public:
  Maps() : descriptor_(::open("/proc/self/maps", O_RDONLY | O_CLOEXEC)) {}
  // The path of the file that is mapped at `address`, or null.
  const char* file_at(uintptr_t address) {
    if (descriptor_ < 0) return nullptr;
    for (;;) {
      int c = 0;
      const uintptr_t begin = number(c);
      if (c != '-') return nullptr;
      const uintptr_t end = number(c);
      size_t length = 0;
      bool in_path = false;
      while ((c = next()) >= 0 && c != '\n') {
        in_path = in_path || c == '/';
        if (in_path && length + 1 < path_.size()) path_[length++] = static_cast<char>(c);
      }
      path_[length] = '\0';
      if (begin <= address && address < end) return length > 0 ? path_.data() : nullptr;
      if (c < 0) return nullptr;
    }
  }

 private:
  uintptr_t number(int& c) {
    uintptr_t value = 0;
    while ((c = next()) >= 0) {
      if (c >= '0' && c <= '9')
        value = value * 16 + static_cast<uintptr_t>(c - '0');
      else if (c >= 'a' && c <= 'f')
        value = value * 16 + static_cast<uintptr_t>(c - 'a' + 10);
      else
        break;
    }
    return value;
  }
  int next() {
    if (at_ == filled_) {
      const ssize_t got = ::read(descriptor_, buffer_.data(), buffer_.size());
      if (got <= 0) return -1;
      at_ = 0;
      filled_ = static_cast<size_t>(got);
    }
    return static_cast<unsigned char>(buffer_[at_++]);
  }

  int descriptor_;
  std::array<char, 1024> buffer_;
  std::array<char, 4096> path_;
  size_t at_ = 0, filled_ = 0;
};

// Everything below runs in a handler: only what POSIX calls async-signal-safe.

[[noreturn]] void end(ErrorKind kind) { end_at_once(static_cast<int>(kind)); }

extern "C" void on_crash(int signal, siginfo_t* info, void*) {
  if (!is_host()) return take_default(signal);
  if (signal == SIGBUS && info->si_code == BUS_ADRERR) {
    Maps maps;
    if (const char* file = maps.file_at(reinterpret_cast<uintptr_t>(info->si_addr))) {
      say("error: the file became shorter while it was read, or its disk failed (bus error)\n  at ");
      say(file);
      say("\n  run again when nothing writes to it\n");
      end(ErrorKind::kData);
    }
  }
  const bool in_plugin = CallScope::any();
  say("error: ");
  say(in_plugin ? "a call into a plugin" : "vernier");
  say(" crashed (");
  say(name_of(signal));
  say(")\n");
  if (!in_plugin) {
    say("  this is a defect of vernier: please report it with the recipe\n");
    end(ErrorKind::kInternal);
  }
  say("  at ");
  say_call();
  say("\n  most likely a defect of the plugin: tell its author, or find the place with `gdb --args vernier "
      "...`\n");
  end(ErrorKind::kPlugin);
}

// With the number of one that was closed, the next file of a run would take what is printed.
void open_standard_streams() {
  for (int stream : {STDIN_FILENO, STDOUT_FILENO, STDERR_FILENO}) {
    if (::fcntl(stream, F_GETFD) >= 0 || errno != EBADF) continue;
    // Open takes the lowest number that is free. Output that goes nowhere stays an error.
    const int opened = ::open("/dev/null", stream == STDERR_FILENO ? O_WRONLY : O_RDONLY);
    if (opened != stream && opened >= 0) ::close(opened);
  }
}

}  // namespace

void guard_process() {
  open_standard_streams();
  mark_host();
  guard_exits();
  handle_signals();
#ifndef VERNIER_HAS_ASAN
  guard_thread();
  struct sigaction action {};
  action.sa_sigaction = &on_crash;
  action.sa_flags = SA_SIGINFO | SA_ONSTACK | SA_RESETHAND;
  ::sigemptyset(&action.sa_mask);
  for (int signal : {SIGSEGV, SIGBUS, SIGFPE, SIGILL, SIGABRT, SIGTRAP, SIGSYS})
    ::sigaction(signal, &action, nullptr);
#endif
}

void end_process(int exit_code) {
  run_at_end();
  allow_exit();
#ifdef VERNIER_HAS_ASAN
  std::exit(exit_code);
#else
  std::fflush(nullptr);
  ::_exit(exit_code);
#endif
}

}  // namespace vernier::core
