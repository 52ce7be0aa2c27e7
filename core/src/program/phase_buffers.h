// How long the buffers of a program's phase hold something, and how many bytes they take.
#pragma once

#include <cstdint>
#include <set>
#include <vector>

#include "program/program.h"

namespace vernier::core {

// By step of `phase`, which is one of `program`: the scratch buffers that nothing uses after it.
[[nodiscard]] std::vector<std::vector<size_t>> scratch_ends(const Program& program,
                                                            const ProgramPhase& phase);

// Of the buffers that outlive phases: all but scratch. Values are float32 and integers.
[[nodiscard]] uint64_t staying_bytes(const Program& program);

// Of the scratch buffers of one phase, while somebody goes through its steps in order.
class ScratchBytes {
 public:
  // Both must outlive this.
  ScratchBytes(const Program& program, const ProgramPhase& phase);

  // The step's results are there; what it reads, still.
  void make(size_t step);
  // What nothing uses after the step goes.
  void drop(size_t step);
  [[nodiscard]] uint64_t now() const { return now_; }

 private:
  const Program& program_;
  const ProgramPhase& phase_;
  const std::vector<std::vector<size_t>> ends_;
  std::set<size_t> there_;
  uint64_t now_ = 0;
};

}  // namespace vernier::core
