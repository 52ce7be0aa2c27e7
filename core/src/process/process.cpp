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
#include "file/temporary_names.h"
#include "process/at_end.h"
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

// Everything below runs in a handler: only what POSIX calls async-signal-safe.

void say(const char* text) {
  for (size_t left = std::strlen(text); left > 0;) {
    const ssize_t written = ::write(STDERR_FILENO, text, left);
    if (written < 0 && errno == EINTR) continue;
    if (written <= 0) return;
    text += written;
    left -= static_cast<size_t>(written);
  }
}

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

[[noreturn]] void end(ErrorKind kind) {
  TemporaryNames::remove_all();
  ::_exit(static_cast<int>(kind));
}

void say_place(const CallScope& call) {
  say("  at ");
  if (call.where()[0] != '\0') {
    say(call.where());
    say(" ");
  }
  say("(plugin ");
  say(call.plugin());
  say(")\n");
}

extern "C" void on_crash(int signal, siginfo_t* info, void*) {
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
  // A thread that is in no call works for one of those that are going on.
  if (const CallScope* own = CallScope::current())
    say_place(*own);
  else
    CallScope::each(say_place);
  say("  most likely a defect of the plugin: tell its author, or find the place with `gdb --args vernier "
      "...`\n");
  end(ErrorKind::kPlugin);
}

}  // namespace

void report_crashes() {
#ifndef VERNIER_HAS_ASAN
  // A stack that overflowed cannot take the handler.
  static std::array<std::byte, 64 * 1024> stack;
  stack_t alternate{};
  alternate.ss_sp = stack.data();
  alternate.ss_size = stack.size();
  ::sigaltstack(&alternate, nullptr);
  struct sigaction action {};
  action.sa_sigaction = &on_crash;
  action.sa_flags = SA_SIGINFO | SA_ONSTACK | SA_RESETHAND;
  ::sigemptyset(&action.sa_mask);
  for (int signal : {SIGSEGV, SIGBUS, SIGFPE, SIGILL, SIGABRT}) ::sigaction(signal, &action, nullptr);
#endif
}

void end_process(int exit_code) {
  run_at_end();
#ifdef VERNIER_HAS_ASAN
  std::exit(exit_code);
#else
  std::fflush(nullptr);
  ::_exit(exit_code);
#endif
}

}  // namespace vernier::core
