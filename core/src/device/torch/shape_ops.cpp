#include <ATen/ops/cat.h>
#include <ATen/ops/permute.h>
#include <ATen/ops/reshape.h>
#include <ATen/ops/slice.h>

#include "device/torch/op_functions.h"

namespace vernier::core {

namespace {

at::Tensor slice(const OpArguments& a) {
  return at::slice(a.tensor(0), a.integer(1), a.integer(2), a.integer(3));
}

constexpr OpRow<OpFunction> kRows[] = {
    {"reshape", [](const OpArguments& a) { return at::reshape(a.tensor(0), a.integers(1)); }},
    {"permute", [](const OpArguments& a) { return at::permute(a.tensor(0), a.integers(1)); }},
    {"slice", slice},
    {"concat", [](const OpArguments& a) { return at::cat(a.tensors(0), a.integer(1)); }},
};

}  // namespace

OpFunction find_shape_op(std::string_view name) { return find_function(kRows, name); }

}  // namespace vernier::core
