#include "machine.h"

#include "damaged.h"
#include "dataflow.h"

namespace circle_executor {

namespace {

vernier::Error too_large(const std::string& what, const Limits& limits) {
  return {VERNIER_OUT_OF_RANGE, what + ": more than " + std::to_string(limits.memory >> 20) +
                                    " MiB at one time; raise the option max_memory_mib if the file is sane"};
}

}  // namespace

// Where each tensor's elements are at the moment.
struct Machine::Memory {
  std::vector<const std::byte*> data;
  std::vector<std::vector<std::byte>> owned;
  uint64_t used = 0;

  explicit Memory(const Model& model) : owned(model.tensors.size()) {
    for (const Tensor& tensor : model.tensors) data.push_back(tensor.constant);
  }
};

Machine::Machine(const Model& model, Limits limits)
    : model_(model), limits_(limits), dead_after_(dead_after(model)) {
  uint64_t given = 0;
  for (const TensorIndex input : model.inputs) given += model.tensors[static_cast<size_t>(input)].bytes;
  if (given > limits.memory) throw too_large("the subgraph's inputs", limits);
  for (const Operator& op : model.operators) {
    const KernelRow* row = find_kernel(op.code);
    if (row == nullptr) throw vernier::unimplemented(op.where + ": this executor does not run that operator");
    if (op.inputs.size() < row->least_inputs || op.inputs.size() > row->most_inputs || op.outputs.empty() ||
        op.outputs.size() > row->most_results) {
      damaged(op.where + " has " + std::to_string(op.inputs.size()) + " operands and " +
              std::to_string(op.outputs.size()) + " results, which it cannot have");
    }
    kernels_.push_back(row);
  }
}

void Machine::run(const std::vector<const std::byte*>& inputs, const Seen& seen, const Output& output) const {
  Memory memory(model_);
  Operations operations(limits_.operations);
  for (size_t i = 0; i < model_.inputs.size(); ++i)
    memory.data[static_cast<size_t>(model_.inputs[i])] = inputs[i];
  for (size_t i = 0; i < model_.operators.size(); ++i) {
    run_operator(i, memory, operations);
    for (const TensorIndex made : model_.operators[i].outputs) {
      if (seen) seen(made, memory.data[static_cast<size_t>(made)]);
    }
    for (const TensorIndex dead : dead_after_[i]) {
      const auto index = static_cast<size_t>(dead);
      memory.used -= memory.owned[index].size();
      memory.owned[index] = {};
    }
  }
  for (size_t i = 0; i < model_.outputs.size(); ++i) {
    output(i, model_.outputs[i], memory.data[static_cast<size_t>(model_.outputs[i])]);
  }
}

void Machine::run_operator(size_t i, Memory& memory, Operations& operations) const {
  const Operator& op = model_.operators[i];
  double steps = 1;
  std::vector<Value> values;
  for (const TensorIndex input : op.inputs) {
    const auto index = static_cast<size_t>(input);
    values.push_back(input == kNoTensor ? Value{} : Value{&model_.tensors[index], memory.data[index]});
    if (input != kNoTensor) steps += static_cast<double>(model_.tensors[index].elements);
  }
  for (const TensorIndex output : op.outputs)
    steps += static_cast<double>(model_.tensors[static_cast<size_t>(output)].elements);
  std::vector<Result> results;
  for (const TensorIndex output : op.outputs) {
    const auto made = static_cast<size_t>(output);
    const Tensor& result = model_.tensors[made];
    if (result.bytes > limits_.memory - memory.used)
      throw too_large(op.where + " with its result " + result.described(), limits_);
    memory.owned[made].resize(result.bytes);
    memory.used += result.bytes;
    memory.data[made] = memory.owned[made].data();
    results.push_back({&result, memory.owned[made].data()});
  }
  operations.take(steps, op.where);
  kernels_[i]->run(Call(op, std::move(values), std::move(results), operations));
}

}  // namespace circle_executor
