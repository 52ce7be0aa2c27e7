// The reins of one run: a flag that asks it to stop, and what it says about its progress. The caller makes
// one for each session and keeps it until the call returns; two sessions are stopped independently.
#pragma once

#include <atomic>
#include <cstdint>
#include <functional>
#include <string>
#include <string_view>

#include "vernier/core/error.h"

namespace vernier::core {

// Why a run stops. The values are those of the ErrorKind that the run then throws, so also the exit codes.
enum class Stop : int {
  kHangup = static_cast<int>(ErrorKind::kHangup),
  kInterrupt = static_cast<int>(ErrorKind::kInterrupted),
  kTerminate = static_cast<int>(ErrorKind::kTerminated)
};

// One step of a run. Each phase begins with an event whose `done` is 0 and whose `text` is a line for people;
// the events that follow count. The text views live until the listener returns.
struct Progress {
  std::string_view phase;  // "plan", "observe_weights", "calibrate", "evaluate", "export", "verify"
  std::string_view text;   // empty in events that only count
  uint64_t done = 0;
  uint64_t total = 0;  // 0 where nobody knows
  std::string_view unit =
      {};  // of both: "samples", "weights", "bytes"; empty in the event that begins a phase
};

class RunControl {
 public:
  // What the listener throws ends the run. [the thread that runs the session]
  using Listener = std::function<void(const Progress&)>;

  RunControl() = default;
  explicit RunControl(Listener listener) : listener_(std::move(listener)) {}
  RunControl(const RunControl&) = delete;
  RunControl& operator=(const RunControl&) = delete;

  // For calls that nobody stops or watches.
  static const RunControl& none();

  // Asks the run to stop after the operation that is running. The first reason counts, and the flag stays
  // set: a session that gets this object later stops at once. [any thread, also in a signal handler]
  void request_stop(Stop reason = Stop::kInterrupt) noexcept {
    int none = 0;
    stop_.compare_exchange_strong(none, static_cast<int>(reason));
  }
  [[nodiscard]] bool stop_requested() const noexcept { return stop_.load(std::memory_order_relaxed) != 0; }

  // Every loop of the host calls this once a turn; kernels and ops do not. Throws Error of the kind that the
  // stop's reason means. [any thread]
  void check() const {
    if (stop_requested()) throw_stopped();
  }
  void report(const Progress& progress) const {
    if (listener_) listener_(progress);
  }

 private:
  [[noreturn]] void throw_stopped() const;

  std::atomic<int> stop_{0};
  Listener listener_;
};

}  // namespace vernier::core
