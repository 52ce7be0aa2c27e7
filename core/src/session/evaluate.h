// Float against quantized, on the evaluation samples of a unit.
#pragma once

#include <functional>
#include <vector>

#include "report/site_statistics.h"
#include "session/unit.h"
#include "sweep/limits.h"
#include "tensor/metrics.h"

namespace vernier::core {

struct Evaluation {
  Metrics metrics;
  uint64_t samples = 0;
  std::vector<Metrics> per_sample;                     // by place
  std::vector<std::vector<Tensor>> float_outputs;      // by sample, where they are kept
  std::vector<std::vector<Tensor>> quantized_outputs;  // likewise
};

struct EvaluationOptions {
  bool keeps_outputs = false;
  StatisticsCollector* statistics = nullptr;  // sees the sites on the first samples; null: nobody does
  Metrics* total = nullptr;                   // gets what the unit's metrics get
  SweepLimits limits{};
  std::function<void()> progress{};  // after each sample, or piece of one; what it throws ends the evaluation
};

// Runs all evaluation samples of a unit in float and quantized, in a sweep; what later units take of the
// outputs is kept. Throws Error (kData) when a
// quantized output is not finite, a stop where `control` asks for one.
Evaluation evaluate(const Unit& unit, const EvaluationOptions& options,
                    const RunControl& control = RunControl::none());

}  // namespace vernier::core
