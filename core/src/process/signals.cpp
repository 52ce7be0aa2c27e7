// Handlers rather than a thread that waits with sigwait(): a thread would need every other thread of the
// process to block the signals, LibTorch's and the plugins' included, and programs that plugins start would
// inherit that; it may also fail to start. A handler runs on whatever thread there is, also while a plugin
// loops without end.
#include "process/signals.h"

#include <array>
#include <atomic>
#include <cerrno>
#include <csignal>

#include "process/in_handler.h"
#include "vernier/core/process.h"

namespace vernier::core {

namespace {

struct StopSignal {
  int number;
  Stop stop;
};
constexpr std::array<StopSignal, 3> kStopSignals = {
    {{SIGINT, Stop::kInterrupt}, {SIGTERM, Stop::kTerminate}, {SIGHUP, Stop::kHangup}}};

constexpr std::array kEndingSignals = {SIGQUIT, SIGALRM, SIGVTALRM, SIGPROF, SIGUSR1,
                                       SIGUSR2, SIGIO,   SIGPWR,    SIGXCPU, SIGSTKFLT};
// A write that meets them fails besides. Not ignored: programs that plugins start would inherit that.
constexpr std::array kWriteSignals = {SIGPIPE, SIGXFSZ};

std::atomic<RunControl*> controlled{nullptr};
std::atomic<bool> is_asked{false};

Stop stop_of(int signal) {
  for (const StopSignal& one : kStopSignals) {
    if (one.number == signal) return one.stop;
  }
  return Stop::kTerminate;
}

void stop(int signal, RunControl& control) {
  if (is_asked.exchange(true)) {
    say("stopped at once\n");
    end_at_once(static_cast<int>(stop_of(signal)));
  }
  control.request_stop(stop_of(signal));
  if (!say_call()) return;
  say(": the run stops when this call returns; a second signal ends it at once\n");
}

extern "C" void on_stop_signal(int signal) {
  const int kept = errno;
  RunControl* const control = controlled;
  if (is_host() && control != nullptr) {
    stop(signal, *control);
  } else {
    remove_unfinished();
    take_default(signal);
  }
  errno = kept;
}

extern "C" void on_ending_signal(int signal) {
  remove_unfinished();
  take_default(signal);
}

extern "C" void on_write_signal(int) {}

void handle(int signal, void (*handler)(int)) {
  struct sigaction before {};
  ::sigaction(signal, nullptr, &before);
  if (before.sa_handler == SIG_IGN) return;  // as nohup wants it
  struct sigaction action {};
  action.sa_handler = handler;
  action.sa_flags = SA_RESTART | SA_ONSTACK;
  ::sigemptyset(&action.sa_mask);
  ::sigaction(signal, &action, nullptr);
}

}  // namespace

void handle_signals() {
  for (const StopSignal& one : kStopSignals) handle(one.number, &on_stop_signal);
  for (int signal : kEndingSignals) handle(signal, &on_ending_signal);
  for (int signal : kWriteSignals) handle(signal, &on_write_signal);
}

void stop_on_signals(RunControl& control) { controlled = &control; }

}  // namespace vernier::core
