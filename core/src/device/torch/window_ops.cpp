#include <ATen/ops/avg_pool2d.h>
#include <ATen/ops/conv1d.h>
#include <ATen/ops/conv2d.h>
#include <ATen/ops/conv3d.h>
#include <ATen/ops/conv_transpose2d.h>
#include <ATen/ops/max_pool2d.h>
#include <ATen/ops/upsample_bilinear2d.h>

#include "device/torch/op_functions.h"

namespace vernier::core {

namespace {

std::optional<at::Tensor> bias_of(const OpArguments& a) {
  return a.has(2) ? std::optional(a.tensor(2)) : std::nullopt;
}

constexpr OpRow<OpFunction> kRows[] = {
    {"conv1d",
     [](const OpArguments& a) {
       return at::conv1d(a.tensor(0), a.tensor(1), bias_of(a), a.integers(3), a.integers(4), a.integers(5),
                         a.integer(6));
     }},
    {"conv2d",
     [](const OpArguments& a) {
       return at::conv2d(a.tensor(0), a.tensor(1), bias_of(a), a.integers(3), a.integers(4), a.integers(5),
                         a.integer(6));
     }},
    {"conv3d",
     [](const OpArguments& a) {
       return at::conv3d(a.tensor(0), a.tensor(1), bias_of(a), a.integers(3), a.integers(4), a.integers(5),
                         a.integer(6));
     }},
    {"conv_transpose2d",
     [](const OpArguments& a) {
       return at::conv_transpose2d(a.tensor(0), a.tensor(1), bias_of(a), a.integers(3), a.integers(4),
                                   a.integers(5), a.integer(7), a.integers(6));
     }},
    {"max_pool2d",
     [](const OpArguments& a) {
       return at::max_pool2d(a.tensor(0), a.integers(1), a.integers(2), a.integers(3));
     }},
    {"avg_pool2d",
     [](const OpArguments& a) {
       return at::avg_pool2d(a.tensor(0), a.integers(1), a.integers(2), a.integers(3), /*ceil_mode=*/false,
                             a.integer(4) != 0);
     }},
    {"resize_bilinear",
     [](const OpArguments& a) {
       return at::upsample_bilinear2d(a.tensor(0), a.integers(1), a.integer(2) != 0);
     }},
};

}  // namespace

OpFunction find_window_op(std::string_view name) { return find_function(kRows, name); }

}  // namespace vernier::core
