#include <ATen/ops/sort.h>
#include <ATen/ops/split_with_sizes.h>

#include "device/torch/op_functions.h"

namespace vernier::core {

namespace {

// LibTorch's own topk gives equal elements in any order.
std::vector<at::Tensor> topk(const OpArguments& a) {
  const auto [values, places] = at::sort(a.tensor(0), /*stable=*/true, a.integer(2), /*descending=*/true);
  return {values.narrow(a.integer(2), 0, a.integer(1)), places.narrow(a.integer(2), 0, a.integer(1))};
}

constexpr OpRow<SeveralFunction> kSeveralRows[] = {
    {"split",
     [](const OpArguments& a) { return at::split_with_sizes(a.tensor(0), a.integers(1), a.integer(2)); }},
    {"topk", topk}};

}  // namespace

SeveralFunction find_several_op(std::string_view name) { return find_function(kSeveralRows, name); }

}  // namespace vernier::core
