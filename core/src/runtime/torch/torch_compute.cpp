// The ops on LibTorch: finds each op's function once, borrows the arguments' memory, keeps the result's.
#include <ATen/Parallel.h>
#include <c10/core/InferenceMode.h>
#include <c10/util/Exception.h>

#include <thread>

#include "runtime/compute.h"
#include "runtime/torch/op_functions.h"
#include "runtime/torch/tensor_bridge.h"
#include "runtime/torch_library.h"
#include "vernier/core/error.h"

namespace vernier::core {

at::Tensor OpArguments::tensor(size_t index) const { return to_torch(std::get<Tensor>(arguments_[index])); }

std::vector<at::Tensor> OpArguments::tensors(size_t index) const {
  std::vector<at::Tensor> result;
  for (const Tensor& one : std::get<std::vector<Tensor>>(arguments_[index])) result.push_back(to_torch(one));
  return result;
}

namespace {

std::string describe(std::span<const OpArgument> arguments) {
  std::string text;
  for (const OpArgument& argument : arguments) {
    const Tensor* tensor = std::get_if<Tensor>(&argument);
    if (tensor != nullptr)
      text += (text.empty() ? "" : ", ") + tensor->dtype.name() + to_string(tensor->shape);
  }
  return text;
}

class TorchCompute : public Compute {
 public:
  explicit TorchCompute(int threads) {
    at::set_num_threads(threads > 0 ? threads
                                    : static_cast<int>(std::max(1u, std::thread::hardware_concurrency())));
    for (const OpSignature& op : op_signatures()) {
      OpFunction function = find_arithmetic_op(op.name);
      if (function == nullptr) function = find_activation_op(op.name);
      if (function == nullptr) function = find_shape_op(op.name);
      if (function == nullptr) throw internal_error("op " + std::string(op.name) + " has no implementation");
      functions_.push_back(function);
    }
  }

  Tensor run(uint32_t id, std::span<const OpArgument> arguments) override {
    const c10::InferenceMode guard;
    try {
      return from_torch(functions_.at(id)(OpArguments(arguments)));
    } catch (const c10::Error& error) {
      // LibTorch's text names its own C++ functions; its first line says what does not fit.
      const std::string text = error.what_without_backtrace();
      throw plugin_error(std::string(op_signatures()[id].name) + ": " + text.substr(0, text.find('\n')),
                         "arguments " + describe(arguments));
    }
  }

  void share([[maybe_unused]] int threads, const std::function<void()>& work) override {
#pragma omp parallel num_threads(threads)
    work();
  }

 private:
  std::vector<OpFunction> functions_;  // by op id
};

}  // namespace

}  // namespace vernier::core

extern "C" __attribute__((visibility("default"))) vernier::core::Compute* vernier_make_torch_compute(
    int threads) {
  return std::make_unique<vernier::core::TorchCompute>(threads).release();
}
