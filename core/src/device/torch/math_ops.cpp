#include <ATen/ops/abs.h>
#include <ATen/ops/amax.h>
#include <ATen/ops/amin.h>
#include <ATen/ops/argmax.h>
#include <ATen/ops/cos.h>
#include <ATen/ops/cumsum.h>
#include <ATen/ops/erf.h>
#include <ATen/ops/exp.h>
#include <ATen/ops/floor.h>
#include <ATen/ops/log.h>
#include <ATen/ops/maximum.h>
#include <ATen/ops/minimum.h>
#include <ATen/ops/pow.h>
#include <ATen/ops/sin.h>
#include <ATen/ops/softplus.h>
#include <ATen/ops/square.h>
#include <ATen/ops/sum.h>

#include "device/torch/op_functions.h"

namespace vernier::core {

namespace {

// LibTorch computes the power of two integers as an integer.
at::Tensor pow(const OpArguments& a) {
  const at::Tensor base = a.tensor(0), exponent = a.tensor(1);
  if (base.is_floating_point() || exponent.is_floating_point()) return at::pow(base, exponent);
  return at::pow(base.to(at::kFloat), exponent.to(at::kFloat));
}

at::Tensor sum(const OpArguments& a) { return at::sum(a.tensor(0), a.integers(1), a.integer(2) != 0); }

constexpr OpRow<OpFunction> kRows[] = {
    {"cos", [](const OpArguments& a) { return at::cos(a.tensor(0)); }},
    {"sin", [](const OpArguments& a) { return at::sin(a.tensor(0)); }},
    {"exp", [](const OpArguments& a) { return at::exp(a.tensor(0)); }},
    {"log", [](const OpArguments& a) { return at::log(a.tensor(0)); }},
    {"erf", [](const OpArguments& a) { return at::erf(a.tensor(0)); }},
    {"softplus", [](const OpArguments& a) { return at::softplus(a.tensor(0)); }},
    {"floor", [](const OpArguments& a) { return at::floor(a.tensor(0)); }},
    {"abs", [](const OpArguments& a) { return at::abs(a.tensor(0)); }},
    {"square", [](const OpArguments& a) { return at::square(a.tensor(0)); }},
    {"pow", pow},
    {"sum", sum},
    {"maximum", [](const OpArguments& a) { return at::maximum(a.tensor(0), a.tensor(1)); }},
    {"minimum", [](const OpArguments& a) { return at::minimum(a.tensor(0), a.tensor(1)); }},
    {"max", [](const OpArguments& a) { return at::amax(a.tensor(0), a.integers(1), a.integer(2) != 0); }},
    {"min", [](const OpArguments& a) { return at::amin(a.tensor(0), a.integers(1), a.integer(2) != 0); }},
    {"argmax", [](const OpArguments& a) { return at::argmax(a.tensor(0), a.integer(1)); }},
    {"cumsum", [](const OpArguments& a) { return at::cumsum(a.tensor(0), a.integer(1)); }},
};

}  // namespace

OpFunction find_math_op(std::string_view name) { return find_function(kRows, name); }

}  // namespace vernier::core
