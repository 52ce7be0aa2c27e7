// Float against quantized, on the evaluation samples.
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "calibration/input_source.h"
#include "interpreter/entry_runner.h"
#include "report/site_statistics.h"
#include "tensor/metrics.h"

namespace vernier::core {

struct Evaluation {
  Metrics metrics;
  uint64_t samples = 0;
  std::vector<std::vector<Tensor>> float_outputs;      // by sample, where they are kept
  std::vector<std::vector<Tensor>> quantized_outputs;  // likewise
};

// Runs samples [0, count) in float and quantized; keeps the outputs if `keep_outputs`; `statistics` (may be
// null) sees the sites of the first ones. Throws Error (kData) when a quantized output is not finite, a stop
// where `control` asks for one.
Evaluation evaluate(EntryRunner& runner, const InputSource& inputs, uint64_t count, bool keep_outputs = false,
                    StatisticsCollector* statistics = nullptr,
                    const RunControl& control = RunControl::none());

}  // namespace vernier::core
