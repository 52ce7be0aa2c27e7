// What a wrapper wants of a checkpoint, found by letting it declare without one.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "kernels/thread_pool.h"
#include "plugin/catalog.h"
#include "plugin/smoke_case.h"
#include "session/trial.h"
#include "tensor/tensor.h"
#include "vernier/core/json_value.h"
#include "vernier/core/run_control.h"

namespace vernier::core {

class CallRecorder;

// A tensor that the random checkpoint of a smoke case must have.
struct DeclaredTensor {
  std::string name;
  Shape shape;
  bool is_bias = false;
  int64_t inputs = 1;            // elements behind each output: of a bias, those of its module's last weight
  std::optional<double> number;  // what the wrapper reads of it, where it reads one
};

// Creates the module tree of `type` with the config of `one`, and throws it away. In the order of
// declaration, scalars last. `tried`: the wrappers ran in another process, where `recorder` (else null) heard
// of what they ask. Throws Error: kPlugin for a failing wrapper, an extent that nothing fixes, naming it, and
// a row of the case for which there is no tensor.
std::vector<DeclaredTensor> declared_tensors(const Catalog& catalog, ThreadPool& pool,
                                             const std::string& type, const SmokeCase& one,
                                             const RunControl& control, std::optional<TrialCalls> tried,
                                             CallRecorder* recorder = nullptr);

}  // namespace vernier::core
