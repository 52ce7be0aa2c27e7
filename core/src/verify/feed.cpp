#include "verify/feed.h"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <algorithm>
#include <numeric>
#include <utility>

#include "device/device.h"
#include "quantization/exact.h"
#include "vernier/core/error.h"

namespace vernier::core {

namespace {

template <typename To, typename From>
Tensor cast(const Tensor& x, DType dtype, const std::string& name) {
  Tensor result = Tensor::allocate(dtype, x.shape);
  for (int64_t i = 0; i < x.elements(); ++i) {
    const From value = x.as<From>()[i];
    if (!std::in_range<To>(value)) {
      throw data_error(
          fmt::format("value {} of input {} does not fit the file's {}", value, name, dtype.name()));
    }
    result.mutable_as<To>()[i] = static_cast<To>(value);
  }
  return result;
}

Tensor as_wanted(const Tensor& x, const FileTensor& wanted, Device& device) {
  // The code that the reference in float64 has, also where float32 would land beside a tie.
  if (wanted.qparams && x.dtype == kFloat32)
    return device.encode(to_single(fake_quantize_exactly(x, *wanted.qparams)), all_rows(x), *wanted.qparams);
  if (x.dtype == wanted.dtype) return x;
  if (x.dtype == kInt32 && wanted.dtype == kInt64) return cast<int64_t, int32_t>(x, kInt64, wanted.name);
  if (x.dtype == kInt64 && wanted.dtype == kInt32) return cast<int32_t, int64_t>(x, kInt32, wanted.name);
  throw data_error(fmt::format("the file's input {} is {}{}, the sample is {}", wanted.name,
                               wanted.dtype.name(), wanted.qparams ? "" : " without qparams",
                               x.dtype.name()));
}

}  // namespace

std::vector<size_t> match_inputs(const std::vector<FileTensor>& inputs, const std::vector<std::string>& names,
                                 const std::string& file) {
  std::vector<std::string> theirs;
  theirs.reserve(inputs.size());
  for (const FileTensor& input : inputs) theirs.push_back(input.name);
  if (inputs.size() != names.size()) {
    throw data_error(fmt::format("{} has the inputs {}; the recipe's entry has {}", file,
                                 fmt::join(theirs, ", "), fmt::join(names, ", ")),
                     file, "verify a file with the recipe that it was made with");
  }
  std::vector<size_t> order(names.size());
  std::iota(order.begin(), order.end(), size_t{0});
  std::vector<size_t> by_name;
  for (const std::string& name : theirs) {
    const auto found = std::find(names.begin(), names.end(), name);
    if (found == names.end()) return order;
    by_name.push_back(static_cast<size_t>(found - names.begin()));
  }
  return by_name;
}

bool fits(const std::vector<FileTensor>& inputs, const std::vector<size_t>& order,
          const std::vector<Tensor>& sample) {
  for (size_t i = 0; i < inputs.size(); ++i) {
    if (inputs[i].shape != sample.at(order[i]).shape) return false;
  }
  return true;
}

std::vector<Tensor> feed(const std::vector<FileTensor>& inputs, const std::vector<size_t>& order,
                         const std::vector<Tensor>& sample, Device& device) {
  std::vector<Tensor> result;
  for (size_t i = 0; i < inputs.size(); ++i)
    result.push_back(as_wanted(sample.at(order[i]), inputs[i], device));
  return result;
}

Tensor real_values(const FileTensor& tensor, Device& device) {
  if (tensor.qparams)
    return tensor.dtype.bits <= 16 ? device.expand(tensor.data, all_rows(tensor.data), *tensor.qparams)
                                   : Tensor{};
  return tensor.dtype == kFloat32 ? tensor.data : Tensor{};
}

}  // namespace vernier::core
