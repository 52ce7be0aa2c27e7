// Float against quantized, on the evaluation samples.
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "calibration/input_source.h"
#include "report/metrics.h"
#include "runtime/runtime.h"

namespace vernier::core {

struct Evaluation {
  Metrics metrics;
  uint64_t samples = 0;
  std::vector<Tensor> float_outputs;      // of sample 0
  std::vector<Tensor> quantized_outputs;  // of sample 0
};

// Runs samples [0, count) in both modes. Throws Error (kData) when a quantized output is not finite.
Evaluation evaluate(Runtime& runtime, const std::string& entry, const InputSource& inputs, uint64_t count);

}  // namespace vernier::core
