// The least maths that a session runs on without LibTorch: `relu` gives back its input, `add` wants equal
// shapes.
#pragma once

#include <variant>

#include "runtime/compute.h"
#include "vernier/core/error.h"

namespace vernier::test {

class PlainCompute : public core::Compute {
 public:
  core::Tensor run(uint32_t id, std::span<const core::OpArgument> arguments) override {
    const std::string_view op = core::op_signatures()[id].name;
    const auto& a = std::get<core::Tensor>(arguments[0]);
    if (op == "relu") return a;
    if (op != "add") throw core::plugin_error("this maths has no " + std::string(op));
    const auto& b = std::get<core::Tensor>(arguments[1]);
    if (a.shape != b.shape || a.dtype != b.dtype)
      throw core::plugin_error("add: " + core::to_string(a.shape) + " and " + core::to_string(b.shape));
    core::Tensor sum = core::Tensor::allocate(a.dtype, a.shape);
    for (int64_t i = 0; i < sum.elements(); ++i) {
      if (a.dtype == kFloat64)
        sum.mutable_as<double>()[i] = a.as<double>()[i] + b.as<double>()[i];
      else
        sum.mutable_as<float>()[i] = a.as<float>()[i] + b.as<float>()[i];
    }
    return sum;
  }
  void share(int, const std::function<void()>& work) override { work(); }

  static std::unique_ptr<core::Compute> make(int) { return std::make_unique<PlainCompute>(); }
};

}  // namespace vernier::test
