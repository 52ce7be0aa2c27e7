// One calibration sample on its way through its program in float. It stops at each unit that is observed
// there, so that all samples can be run through one unit before the next: its weights are then read once.
#pragma once

#include <compare>
#include <map>
#include <optional>
#include <vector>

#include "program/program_run.h"
#include "session/sample_program.h"
#include "sweep/store.h"

namespace vernier::core {

// A call of a unit of the recipe's program: its place among the unit's calls by this sample.
struct SampleCall {
  size_t unit = 0;
  size_t place = 0;

  [[nodiscard]] auto operator<=>(const SampleCall&) const = default;
};

class SampleRun {
 public:
  // By unit of the sample's program, which unit of the recipe's it is, and whether phases of each token alone
  // run it.
  struct Places {
    std::vector<size_t> unit;
    std::vector<bool> is_for_tokens;
  };

  // `program`: calibration_of() the sample's extents. `units` run what nobody observes; it and `control` must
  // outlive this. Stops at the first call that is observed.
  SampleRun(const OwnRequest& own, const Program& program, Places places, UnitRunner& units,
            const RunControl& control, Store& store);
  ~SampleRun();
  SampleRun(const SampleRun&) = delete;
  SampleRun& operator=(const SampleRun&) = delete;

  // Where it stands; nothing: at its end.
  [[nodiscard]] const std::optional<SampleCall>& at() const { return at_; }
  // What a call runs on; goes on to it where it was not reached. Nothing: it went on from there, and what was
  // asked for once is not kept. Throws Error.
  [[nodiscard]] std::optional<std::vector<Tensor>> inputs(const SampleCall& call);
  // The call at which it stands made this: goes on to the next call that is observed.
  void give(std::vector<Tensor> outputs);
  // Nobody will ask for the unit's calls any more.
  void forget(size_t unit);

 private:
  class Awake;
  // A buffer that waits in the store.
  struct Waiting {
    Store::Id id = 0;
    Tensor loaded;  // while this is awake: as it was put there. Held, so that a step changes a copy
  };

  [[nodiscard]] bool is_past(const SampleCall& call) const;
  void pass();
  void go_on();
  void run_here(const ProgramStep& step);

  const int32_t last_;
  const int64_t past_;  // tokens before the last one
  const Program& program_;
  const Places places_;
  Store& store_;
  std::vector<bool> is_read_;  // by buffer: some step reads it
  ProgramRun run_;
  bool decodes_ = false;
  const ProgramStep* step_ = nullptr;  // of at_
  std::optional<SampleCall> at_;
  bool is_asked_ = false;              // for what at_ runs on
  std::map<size_t, size_t> calls_;     // by unit of the recipe: how many were reached
  std::map<size_t, Waiting> waiting_;  // by buffer
  // What calls run on that were passed before anybody asked.
  std::map<SampleCall, std::vector<Store::Id>> kept_;
};

}  // namespace vernier::core
