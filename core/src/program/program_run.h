// One request through a program: docs/program.md, "A run".
#pragma once

#include <cstdint>
#include <functional>
#include <span>
#include <string>
#include <vector>

#include "program/program.h"
#include "program/request.h"
#include "program/unit_runner.h"
#include "vernier/core/run_control.h"

namespace vernier::core {

// A unit that is about to run.
struct UnitCall {
  size_t unit = 0;
  const ProgramPhase& phase;
  const ProgramStep& step;
  const CounterValues& counters;
  std::span<const Tensor> inputs;  // in the unit's order, as their buffers hold them
};

class ProgramRun {
 public:
  // Sees the inputs of each unit before it runs: what its samples are, where it is calibrated over a program.
  using Watch = std::function<void(const UnitCall&)>;

  // `program`, `runner` and `control` must outlive this. Throws Error (kData) where a step copies codes from
  // one grid to another. [one thread at a time]
  ProgramRun(const Program& program, UnitRunner& runner, const RunControl& control = RunControl::none(),
             Watch watch = {});

  // Forgets an earlier request, then runs all phases but those of each_token. Throws Error: kData where the
  // request or a step refuses, with phase, picture and the step's place in the document; what a unit throws;
  // a stop.
  void begin(const Request& request);
  // Runs the each_token phases on `token`, whatever was chosen. Throws Error as begin(); kData where the
  // context is full or the program has no such phase.
  void decode(int32_t token);

  // The same in pieces, for who runs the units elsewhere, such as all samples through one unit and then
  // through the next. open() is begin() before its first step, open_token() is decode() before its own, with
  // `past` tokens behind it. to_unit() runs host steps up to the next unit, and gives its step; null: all is
  // through. Then unit_inputs() are what it is to run on, and give() takes what it made; run_unit() is both,
  // by the runner; pass() goes on without: what it should have made holds nothing. Throw Error as begin() and
  // decode() do.
  void open(const Request& request);
  void open_token(int32_t token, int64_t past);
  const ProgramStep* to_unit();
  [[nodiscard]] std::vector<Tensor> unit_inputs() const;
  void give(std::vector<Tensor> results);
  void run_unit();
  void pass();
  // What all buffers hold, by place: to be put away between two pieces, and given back before the next.
  void swap_buffers(std::vector<Tensor>& buffers) { buffers_.swap(buffers); }

  // The token that was chosen last. The program has a generation.
  [[nodiscard]] int32_t token() const;
  // Whether decode() may be called.
  [[nodiscard]] bool has_room() const;
  [[nodiscard]] int64_t prompt() const { return counter(Counter::kPrompt); }
  [[nodiscard]] int64_t past() const { return counter(Counter::kPast); }

  // What a buffer holds now, float32 values or integers. Of a result or state. Throws Error (kUsage) for an
  // unknown name, kData where it holds nothing.
  [[nodiscard]] Tensor value(const std::string& buffer) const;
  // The same as the buffer holds it: codes, in a run of files.
  [[nodiscard]] Tensor content(const std::string& buffer) const;

 private:
  class HostCall;

  [[nodiscard]] int64_t counter(Counter which) const { return counters_[static_cast<size_t>(which)]; }
  void set(Counter which, int64_t value) { counters_[static_cast<size_t>(which)] = value; }
  // A phase, with the picture that it is run for.
  struct Pass {
    size_t phase = 0;
    int64_t picture = 0;
  };

  [[nodiscard]] const ProgramPhase& phase() const { return program_.phases[passes_[pass_].phase]; }
  [[nodiscard]] const ProgramStep& step() const { return phase().steps[step_]; }
  void start(std::vector<Pass> passes, int64_t past);
  void run_through();
  template <typename Act>
  void in_place(const Act& act);
  void end_step();
  void take(const ProgramStep& step, size_t output, Tensor result);
  [[nodiscard]] size_t place_of(const std::string& buffer) const;
  [[nodiscard]] std::string describe_pass(const ProgramPhase& phase) const;

  const Program& program_;
  UnitRunner& runner_;
  const RunControl& control_;
  const Watch watch_;
  CounterValues counters_{};
  std::vector<Tensor> buffers_;  // undefined: it holds nothing
  std::vector<bool> is_own_;     // by buffer: its memory was made here, and may be changed
  // By phase and step: scratch buffers that nothing uses after it.
  std::vector<std::vector<std::vector<size_t>>> ends_;
  std::vector<Pass> passes_;  // that were begun
  size_t pass_ = 0, step_ = 0;
  int64_t past_after_ = 0;  // them
};

}  // namespace vernier::core
