// What a run with a program takes besides the sweeps of its units: its part of a MemoryPlan.
#pragma once

#include <cstdint>
#include <memory>
#include <vector>

#include "session/prepare.h"
#include "session/unit.h"
#include "sweep/limits.h"

namespace vernier::core {

// Bytes.
class ProgramMemory {
 public:
  // `p` has a program and its units are traced. `keeps_outputs`: --save-outputs. Both must outlive this.
  // Throws Error naming an evaluation sample that cannot be read.
  ProgramMemory(const Prepared& p, const std::vector<std::unique_ptr<Unit>>& units, bool keeps_outputs);

  // While a calibration sample runs a unit by itself, in float.
  [[nodiscard]] uint64_t running() const { return running_; }
  // What one sample holds between two units, while it goes on; what all of them hold in memory.
  [[nodiscard]] uint64_t awake() const;
  [[nodiscard]] uint64_t waiting(const SweepLimits& limits) const;
  // Statistics of a sample, or a sample at the extents of the files with its scores, whatever takes more.
  [[nodiscard]] uint64_t evaluation() const;
  // Scores that are kept for files and outputs.
  [[nodiscard]] uint64_t kept_scores(const SweepLimits& limits) const;
  // While the files run, executors apart.
  [[nodiscard]] uint64_t execution() const;
  [[nodiscard]] bool is_executed() const { return executed_ != 0; }

 private:
  void count_scores(uint64_t samples);
  [[nodiscard]] uint64_t running_a_sample() const;
  [[nodiscard]] uint64_t golden() const;

  const Prepared& p_;
  const std::vector<std::unique_ptr<Unit>>& units_;
  const uint64_t executed_;      // samples
  uint64_t scores_ = 0;          // of all samples that are kept, both lanes
  uint64_t most_of_scores_ = 0;  // of one of them, both lanes
  bool is_small_ = false;        // a row of scores lies in the heap
  const uint64_t running_;
};

}  // namespace vernier::core
