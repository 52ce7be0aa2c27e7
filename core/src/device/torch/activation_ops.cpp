#include <ATen/ops/clamp.h>
#include <ATen/ops/gelu.h>
#include <ATen/ops/relu.h>
#include <ATen/ops/sigmoid.h>
#include <ATen/ops/silu.h>
#include <ATen/ops/softmax.h>
#include <ATen/ops/tanh.h>

#include "device/torch/op_functions.h"

namespace vernier::core {

namespace {

constexpr OpRow<OpFunction> kRows[] = {
    {"softmax", [](const OpArguments& a) { return at::softmax(a.tensor(0), a.integer(1)); }},
    {"gelu", [](const OpArguments& a) { return at::gelu(a.tensor(0), a.text(1)); }},
    {"silu", [](const OpArguments& a) { return at::silu(a.tensor(0)); }},
    {"sigmoid", [](const OpArguments& a) { return at::sigmoid(a.tensor(0)); }},
    {"tanh", [](const OpArguments& a) { return at::tanh(a.tensor(0)); }},
    {"relu", [](const OpArguments& a) { return at::relu(a.tensor(0)); }},
    {"clamp", [](const OpArguments& a) { return at::clamp(a.tensor(0), a.number(1), a.number(2)); }},
};

}  // namespace

OpFunction find_activation_op(std::string_view name) { return find_function(kRows, name); }

}  // namespace vernier::core
