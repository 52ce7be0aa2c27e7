// How much anonymous memory a run will take, told before it runs: from the graphs, the samples' shapes and
// the limits of its sweeps.
#pragma once

#include <cstdint>
#include <nlohmann/json_fwd.hpp>
#include <vector>

#include "session/prepare.h"
#include "session/unit.h"
#include "sweep/limits.h"

namespace vernier::core {

// Bytes that a phase takes beyond what the process has when planning ends.
struct PhaseNeed {
  const char* phase;  // as PhaseTimes names it
  uint64_t bytes = 0;
};

struct MemoryPlan {
  uint64_t base = 0;  // of the process, with all that LibTorch takes before it computes
  std::vector<PhaseNeed> phases;
  uint64_t smallest = 0;  // the least limit with which the recipe runs
  SweepLimits limits;     // that the run's sweeps have

  // The base, the phase that needs most, and what kernels and the heap take besides.
  [[nodiscard]] uint64_t predicted() const;
  // {"predicted_bytes", "smallest_bytes", "base_bytes", "phases": {PHASE: bytes beyond the base}}
  [[nodiscard]] nlohmann::json to_json() const;
};

// Units are traced. `keeps_outputs`: --save-outputs holds each sample's outputs until the end. `base`:
// anonymous memory of the process now. The sweeps' limits are the usual ones, or as much of them as fits into
// the recipe's runtime.max_memory. Not in it: executors, and programs that run beside. Throws Error (kUsage)
// where the limit is below `smallest`, naming it and what needs most; a run passes over `slack` bytes, since
// its base is not that of the plan to the byte, and is held to the limit while it goes on.
[[nodiscard]] MemoryPlan plan_memory(const Prepared& p, const std::vector<std::unique_ptr<Unit>>& units,
                                     bool keeps_outputs, uint64_t base, uint64_t slack);

}  // namespace vernier::core
