#include <ATen/ops/add.h>
#include <ATen/ops/div.h>
#include <ATen/ops/layer_norm.h>
#include <ATen/ops/linear.h>
#include <ATen/ops/matmul.h>
#include <ATen/ops/mean.h>
#include <ATen/ops/mul.h>
#include <ATen/ops/neg.h>
#include <ATen/ops/pow.h>
#include <ATen/ops/rsqrt.h>
#include <ATen/ops/sqrt.h>
#include <ATen/ops/sub.h>

#include "device/torch/op_functions.h"

namespace vernier::core {

namespace {

at::Tensor rms_norm(const OpArguments& a) {
  // Zhang & Sennrich 2019 (arXiv:1910.07467), in this order of roundings: x * rsqrt(mean(x^2) + eps), then
  // times the weight.
  const at::Tensor x = a.tensor(0);
  const at::Tensor variance = at::mean(at::pow(x, 2), at::IntArrayRef{-1}, /*keepdim=*/true);
  return at::mul(a.tensor(1), at::mul(x, at::rsqrt(at::add(variance, a.number(2)))));
}

at::Tensor layer_norm(const OpArguments& a) {
  const at::Tensor x = a.tensor(0);
  const auto optional = [&](size_t i) { return a.has(i) ? std::optional(a.tensor(i)) : std::nullopt; };
  return at::layer_norm(x, {x.size(-1)}, optional(1), optional(2), a.number(3));
}

constexpr OpRow<OpFunction> kRows[] = {
    {"linear",
     [](const OpArguments& a) {
       return at::linear(a.tensor(0), a.tensor(1), a.has(2) ? std::optional(a.tensor(2)) : std::nullopt);
     }},
    {"matmul", [](const OpArguments& a) { return at::matmul(a.tensor(0), a.tensor(1)); }},
    {"add", [](const OpArguments& a) { return at::add(a.tensor(0), a.tensor(1)); }},
    {"sub", [](const OpArguments& a) { return at::sub(a.tensor(0), a.tensor(1)); }},
    {"mul", [](const OpArguments& a) { return at::mul(a.tensor(0), a.tensor(1)); }},
    {"div", [](const OpArguments& a) { return at::div(a.tensor(0), a.tensor(1)); }},
    {"neg", [](const OpArguments& a) { return at::neg(a.tensor(0)); }},
    {"rsqrt", [](const OpArguments& a) { return at::rsqrt(a.tensor(0)); }},
    {"sqrt", [](const OpArguments& a) { return at::sqrt(a.tensor(0)); }},
    {"mean", [](const OpArguments& a) { return at::mean(a.tensor(0), a.integers(1), a.integer(2) != 0); }},
    {"rms_norm", rms_norm},
    {"layer_norm", layer_norm},
};

}  // namespace

OpFunction find_arithmetic_op(std::string_view name) { return find_function(kRows, name); }

}  // namespace vernier::core
