// What the units of a program are given while it runs over samples: the inputs that each of them is
// calibrated and evaluated on.
#pragma once

#include <cstdint>
#include <map>
#include <memory>
#include <vector>

#include "calibration/input_source.h"
#include "program/entry_units.h"
#include "program/program.h"
#include "program/request.h"
#include "vernier/core/run_control.h"

namespace vernier::core {

// A request, and the tokens that follow its prompt: each but the last is run, whatever the model would
// choose.
struct ProgramSample {
  Request request;
  std::vector<int32_t> answer;  // empty: the phases of each_token do not run
};

// Runs the program over all samples the first time that somebody asks in a reading, and keeps what every unit
// was given: tensors that several units share once. So it is for models whose buffers of all samples fit into
// memory.
class ProgramSamples {
 public:
  // All must outlive this.
  ProgramSamples(const Program& program, EntryUnits& units, std::vector<ProgramSample> samples,
                 const RunControl& control = RunControl::none());

  // The inputs of a unit in the order of samples, then of its passes: pictures, then the prompt, then tokens.
  // Float ones from a float run, quantized ones from a quantized run. This must outlive it. A unit that no
  // sample reaches has none.
  [[nodiscard]] std::unique_ptr<InputSource> of_unit(size_t unit);
  // How many samples it has. Runs nothing.
  [[nodiscard]] uint64_t count(size_t unit) const;
  // Forgets what was kept.
  void release() { seen_.clear(); }

 private:
  class OfUnit;
  using Inputs = std::vector<Tensor>;

  // Of a unit, by sample.
  const std::vector<Inputs>& seen(Reading reading, size_t unit);

  const Program& program_;
  EntryUnits& units_;
  const std::vector<ProgramSample> samples_;
  const RunControl& control_;
  std::map<Reading, std::vector<std::vector<Inputs>>> seen_;  // by unit
};

}  // namespace vernier::core
