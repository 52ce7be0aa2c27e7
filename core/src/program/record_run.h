// Runs of a program over its files that are written down.
#pragma once

#include <memory>

#include "program/generate.h"
#include "program/recording.h"
#include "program/watched_units.h"

namespace vernier::core {

struct RecordOptions {
  bool has_nodes = false;                   // also what executors tell of tensors inside the files
  uint64_t most_bytes = uint64_t{1} << 62;  // of tensors at boundaries, over all requests
};

// What recordings hold of requests: their tensors, the tokens that were chosen, and each tensor at each
// boundary. [one thread at a time]
class RecordedRuns {
 public:
  // All must outlive this.
  RecordedRuns(const Program& program, FileUnits& files, const RunControl& control, RecordOptions options);
  ~RecordedRuns();
  RecordedRuns(const RecordedRuns&) = delete;
  RecordedRuns& operator=(const RecordedRuns&) = delete;

  // Runs it greedily. Throws Error as generate() does.
  Generated add(uint64_t number, const Request& request, const GenerationLimits& limits);
  // False once there were more bytes than `most_bytes`: tensors at boundaries are then left out, of all
  // requests.
  [[nodiscard]] bool has_boundaries() const;
  [[nodiscard]] RecordedTensors tensors() const;

 private:
  class Watch;

  const Program& program_;
  const RecordOptions options_;
  RecordedTensors requests_;  // and tokens
  std::unique_ptr<Watch> watch_;
  WatchedUnits units_;
  ProgramRun run_;
};

}  // namespace vernier::core
