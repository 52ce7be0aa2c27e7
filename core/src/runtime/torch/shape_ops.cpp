#include <ATen/ops/cat.h>
#include <ATen/ops/index_select.h>
#include <ATen/ops/permute.h>
#include <ATen/ops/reshape.h>
#include <ATen/ops/slice.h>

#include "runtime/torch/op_functions.h"
#include "vernier/core/error.h"

namespace vernier::core {

namespace {

at::Tensor slice(const OpArguments& a) {
  const at::Tensor x = a.tensor(0);
  const int64_t axis = a.integer(1) < 0 ? a.integer(1) + x.dim() : a.integer(1);
  if (axis < 0 || axis >= x.dim())
    throw plugin_error("slice: axis " + std::to_string(a.integer(1)) + " of a tensor of rank " +
                       std::to_string(x.dim()));
  if (a.integer(2) < 0 || a.integer(3) > x.size(axis) || a.integer(2) >= a.integer(3)) {
    throw plugin_error("slice: [" + std::to_string(a.integer(2)) + ", " + std::to_string(a.integer(3)) +
                       ") of an extent of " + std::to_string(x.size(axis)));
  }
  return at::slice(x, axis, a.integer(2), a.integer(3));
}

at::Tensor embedding(const OpArguments& a) {
  const at::Tensor table = a.tensor(0);
  const at::Tensor indices = a.tensor(1);
  std::vector<int64_t> shape(indices.sizes().begin(), indices.sizes().end());
  shape.push_back(table.size(1));
  return table.index_select(0, indices.flatten()).reshape(shape);
}

struct Row {
  std::string_view name;
  OpFunction function;
};

constexpr Row kRows[] = {
    {"reshape", [](const OpArguments& a) { return at::reshape(a.tensor(0), a.integers(1)); }},
    {"permute", [](const OpArguments& a) { return at::permute(a.tensor(0), a.integers(1)); }},
    {"slice", slice},
    {"concat", [](const OpArguments& a) { return at::cat(a.tensors(0), a.integer(1)); }},
    {"embedding", embedding},
};

}  // namespace

OpFunction find_shape_op(std::string_view name) {
  for (const Row& row : kRows) {
    if (row.name == name) return row.function;
  }
  return nullptr;
}

}  // namespace vernier::core
