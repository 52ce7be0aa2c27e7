#include "process/in_handler.h"

#include <sys/syscall.h>
#include <unistd.h>

#include <atomic>
#include <cerrno>
#include <csignal>
#include <cstring>

#include "abi/call_scope.h"
#include "file/temporary_names.h"

namespace vernier::core {

namespace {

std::atomic<pid_t> host{0};

}  // namespace

void say(const char* text) {
  for (size_t left = std::strlen(text); left > 0;) {
    const ssize_t written = ::write(STDERR_FILENO, text, left);
    if (written < 0 && errno == EINTR) continue;
    if (written <= 0) return;
    text += written;
    left -= static_cast<size_t>(written);
  }
}

bool say_call() {
  bool is_any = false;
  const auto say_one = [&is_any](const CallScope& call) {
    if (is_any) say(", or ");
    is_any = true;
    if (call.where()[0] != '\0') {
      say(call.where());
      say(" ");
    }
    say("(plugin ");
    say(call.plugin());
    say(")");
  };
  // A thread that is in no call works for one of those that are going on.
  if (const CallScope* own = CallScope::current())
    say_one(*own);
  else
    CallScope::each(say_one);
  return is_any;
}

void mark_host() { host = ::getpid(); }
bool is_host() { return host == ::getpid(); }

void remove_unfinished() {
  if (is_host()) TemporaryNames::remove_all();
}

void end_at_once(int exit_code) {
  remove_unfinished();
  ::syscall(SYS_exit_group, exit_code);  // not _exit(), which the program may have guarded
  ::_exit(exit_code);                    // never reached
}

void take_default(int signal) {
  struct sigaction action {};
  action.sa_handler = SIG_DFL;
  ::sigaction(signal, &action, nullptr);
  sigset_t set;
  ::sigemptyset(&set);
  ::sigaddset(&set, signal);
  ::kill(::getpid(), signal);
  ::pthread_sigmask(SIG_UNBLOCK, &set, nullptr);
}

}  // namespace vernier::core
