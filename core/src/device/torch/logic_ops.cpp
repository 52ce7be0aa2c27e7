#include <ATen/ops/eq.h>
#include <ATen/ops/ge.h>
#include <ATen/ops/gt.h>
#include <ATen/ops/le.h>
#include <ATen/ops/logical_and.h>
#include <ATen/ops/logical_not.h>
#include <ATen/ops/logical_or.h>
#include <ATen/ops/lt.h>
#include <ATen/ops/ne.h>
#include <ATen/ops/where.h>

#include "device/torch/op_functions.h"

namespace vernier::core {

namespace {

constexpr OpRow<OpFunction> kRows[] = {
    {"equal", [](const OpArguments& a) { return at::eq(a.tensor(0), a.tensor(1)); }},
    {"not_equal", [](const OpArguments& a) { return at::ne(a.tensor(0), a.tensor(1)); }},
    {"less", [](const OpArguments& a) { return at::lt(a.tensor(0), a.tensor(1)); }},
    {"less_equal", [](const OpArguments& a) { return at::le(a.tensor(0), a.tensor(1)); }},
    {"greater", [](const OpArguments& a) { return at::gt(a.tensor(0), a.tensor(1)); }},
    {"greater_equal", [](const OpArguments& a) { return at::ge(a.tensor(0), a.tensor(1)); }},
    {"logical_and", [](const OpArguments& a) { return at::logical_and(a.tensor(0), a.tensor(1)); }},
    {"logical_or", [](const OpArguments& a) { return at::logical_or(a.tensor(0), a.tensor(1)); }},
    {"logical_not", [](const OpArguments& a) { return at::logical_not(a.tensor(0)); }},
    {"where", [](const OpArguments& a) { return at::where(a.tensor(0), a.tensor(1), a.tensor(2)); }},
};

}  // namespace

OpFunction find_logic_op(std::string_view name) { return find_function(kRows, name); }

}  // namespace vernier::core
