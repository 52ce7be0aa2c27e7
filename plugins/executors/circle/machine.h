// Runs a model: operator after operator, each computed tensor in memory of its own from its making to its
// last use.
#pragma once

#include <functional>

#include "call.h"
#include "kernels.h"

namespace circle_executor {

struct Limits {
  uint64_t memory = 0;    // bytes of the inputs; of computed tensors alive at one time
  double operations = 0;  // of one run, see Operations
};

class Machine {
 public:
  // `model` outlives this object. Throws Error: UNIMPLEMENTED naming the first operator that is not run here,
  // OUT_OF_RANGE where the inputs alone are past the limit.
  Machine(const Model& model, Limits limits);

  // `inputs` are dense, in the model's order. `seen` gets each tensor that an operator made, right then;
  // `output` each output, at the end. Throws Error.
  using Seen = std::function<void(TensorIndex, const std::byte*)>;
  using Output = std::function<void(size_t, TensorIndex, const std::byte*)>;
  void run(const std::vector<const std::byte*>& inputs, const Seen& seen, const Output& output) const;

 private:
  struct Memory;
  void run_operator(size_t i, Memory& memory, Operations& operations) const;

  const Model& model_;
  Limits limits_;
  std::vector<const KernelRow*> kernels_;             // one an operator
  std::vector<std::vector<TensorIndex>> dead_after_;  // likewise
};

}  // namespace circle_executor
