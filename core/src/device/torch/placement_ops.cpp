#include <ATen/ops/arange.h>
#include <ATen/ops/constant_pad_nd.h>
#include <ATen/ops/flip.h>
#include <ATen/ops/index_copy.h>
#include <ATen/ops/index_select.h>
#include <ATen/ops/one_hot.h>
#include <ATen/ops/slice.h>

#include <algorithm>

#include "device/torch/op_functions.h"
#include "device/torch/tensor_bridge.h"

namespace vernier::core {

namespace {

at::Tensor long_of(const at::Tensor& indices) { return indices.to(at::kLong); }

at::Tensor pad(const OpArguments& a) {
  std::vector<int64_t> pads;  // LibTorch begins with the last axis
  for (size_t axis = a.integers(1).size(); axis-- > 0;) {
    pads.push_back(a.integers(1)[axis]);
    pads.push_back(a.integers(2)[axis]);
  }
  const at::Tensor x = a.tensor(0);
  // The rules let through only what the dtype holds.
  const at::Scalar value =
      x.is_floating_point() ? at::Scalar(a.number(3)) : at::Scalar(static_cast<int64_t>(a.number(3)));
  return at::constant_pad_nd(x, pads, value);
}

at::Tensor gather(const OpArguments& a) {
  const at::Tensor x = a.tensor(0), indices = a.tensor(1);
  const int64_t axis = a.integer(2) < 0 ? a.integer(2) + x.dim() : a.integer(2);
  std::vector<int64_t> shape(x.sizes().begin(), x.sizes().end());
  shape.erase(shape.begin() + axis);
  shape.insert(shape.begin() + axis, indices.sizes().begin(), indices.sizes().end());
  return at::index_select(x, axis, indices.reshape({-1})).reshape(shape);
}

// LibTorch has no negative steps: the same elements upwards, then turned around.
at::Tensor strided_slice(const OpArguments& a) {
  const at::Tensor x = a.tensor(0);
  const int64_t axis = a.integer(1), begin = a.integer(2), end = a.integer(3);
  // A step beyond the axis is as long as the axis: the first element only.
  const int64_t extent = x.size(axis), step = std::clamp(a.integer(4), -extent, extent);
  if (step > 0) return at::slice(x, axis, begin, end, step);
  const int64_t last = begin - (begin - end - 1) / -step * -step;
  return at::flip(at::slice(x, axis, last, begin + 1, -step), {axis});
}

// Counted by the number of elements: LibTorch's own arithmetic on the ends may overflow.
at::Tensor range(const OpArguments& a) {
  const int64_t start = a.integer(0), stop = a.integer(1), step = a.integer(2);
  int64_t count = 0;
  if (step > 0 ? start < stop : start > stop) {
    const auto length = step > 0 ? static_cast<uint64_t>(stop) - static_cast<uint64_t>(start)
                                 : static_cast<uint64_t>(start) - static_cast<uint64_t>(stop);
    const auto stride = step > 0 ? static_cast<uint64_t>(step) : -static_cast<uint64_t>(step);
    count = static_cast<int64_t>((length - 1) / stride + 1);
  }
  return at::arange(count, at::TensorOptions().dtype(at::kLong)).mul_(step).add_(start);
}

at::Tensor dynamic_update_slice(const OpArguments& a) {
  const at::Tensor result = a.tensor(0).clone(), starts = long_of(a.tensor(1)), update = a.tensor(2);
  at::Tensor place = result;
  for (int64_t axis = 0; axis < update.dim(); ++axis)
    place = place.narrow(axis, starts.const_data_ptr<int64_t>()[axis], update.size(axis));
  place.copy_(update);
  return result;
}

constexpr OpRow<OpFunction> kRows[] = {
    {"expand", [](const OpArguments& a) { return a.tensor(0).expand(a.integers(1)); }},
    {"pad", pad},
    {"gather", gather},
    {"strided_slice", strided_slice},
    {"one_hot",
     [](const OpArguments& a) {
       return at::one_hot(long_of(a.tensor(0)), a.integer(1)).to(scalar_type(DType::parse(a.text(2))));
     }},
    {"range", range},
    {"scatter_rows",
     [](const OpArguments& a) { return at::index_copy(a.tensor(0), 0, long_of(a.tensor(1)), a.tensor(2)); }},
    {"dynamic_update_slice", dynamic_update_slice},
};

}  // namespace

OpFunction find_placement_op(std::string_view name) { return find_function(kRows, name); }

}  // namespace vernier::core
