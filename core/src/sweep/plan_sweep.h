// What a sweep will hold in memory, told before it runs.
#pragma once

#include <cstdint>
#include <span>
#include <vector>

#include "sweep/limits.h"
#include "sweep/segments.h"

namespace vernier::core {

// Values in the heap (below MemoryBlocks::kSmallest) take half of their bytes again for its holes: measured
// with 300 samples of 16 KiB a value, 46 MiB of values in 69.
[[nodiscard]] constexpr uint64_t heap_holes(uint64_t bytes) { return bytes / 2; }

// Graphs of one entry, for the shapes that its samples have.
struct SweptGraph {
  const Graph* graph = nullptr;
  uint64_t samples = 0;  // with these shapes
  uint64_t stack = 1;    // of them run at once, if they are stacked
  // Inputs that somebody else holds all the time, and counts.
  std::vector<ValueIndex> held_inputs = {};
};

// Bytes at the moment that takes most of all three together.
struct SweepNeed {
  std::vector<Cut> cuts;
  uint64_t constants = 0;  // held by the segment
  uint64_t stored = 0;     // in memory, for later segments
  uint64_t live = 0;       // of the run that is going on: its values, and a constant that is not held
  uint64_t scratch = 0;    // in the scratch file, at its own largest moment
  uint64_t heap = 0;       // what the heap takes of small stored values besides

  [[nodiscard]] uint64_t memory() const { return constants + stored + live + heap; }
};

// `graphs`: at least one. `lanes`: what each of the lanes that samples run in makes of constants. In the
// first nothing is rounded; what it leaves for the second the caller counts. What kernels take while they run
// is not counted.
[[nodiscard]] SweepNeed plan_sweep(std::span<const SweptGraph> graphs, std::span<const ConstantBytes> lanes,
                                   const SweepLimits& limits);

}  // namespace vernier::core
