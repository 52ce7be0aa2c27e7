// The reins of a command that works for a while: signals stop it, and its progress goes to standard error.
#pragma once

#include <cstdint>
#include <cstdio>
#include <functional>
#include <string>

#include "vernier/core/process.h"

namespace vernier::app {

enum class ProgressForm {
  kNone,
  kLines,     // a line a phase
  kTerminal,  // and below it how far the phase is, one line that is written over and goes when it is through
  kEvents     // a JSON object a line: "phase", "text", "done", "total", "unit", "seconds", "seconds_left"
};

// kTerminal where `file` is a terminal that can move its cursor, else kLines.
ProgressForm progress_form(std::FILE* file);

// Shows what a run says of its progress. Counts are shown ten times a second at most, the last of a phase
// always.
class ProgressView {
 public:
  // Seconds since any moment; never smaller than before.
  using Clock = std::function<double()>;

  explicit ProgressView(ProgressForm form, std::FILE* file = stderr);
  ProgressView(ProgressForm form, std::FILE* file, Clock clock, int columns);
  // Takes the line that is written over away, so that what is printed next begins a line of its own.
  ~ProgressView();
  ProgressView(const ProgressView&) = delete;
  ProgressView& operator=(const ProgressView&) = delete;

  void show(const core::Progress& progress);

 private:
  void show_count(const core::Progress& progress, double now);
  void show_event(const core::Progress& progress, double now);
  void clear();
  void put(const std::string& text);
  // What is left of the phase; negative where nobody knows.
  [[nodiscard]] double seconds_left(const core::Progress& progress, double now) const;

  const ProgressForm form_;
  std::FILE* const file_;
  const Clock clock_;
  const int columns_;
  std::string phase_;
  double phase_began_ = 0;
  double shown_ = -1;  // when a count was shown last
  bool is_line_open_ = false;
};

// Lives until the process ends, as the handlers of signals want it; `view` lives until the command's work is
// over.
const core::RunControl& controlled_by_signals(ProgressView& view);

}  // namespace vernier::app
