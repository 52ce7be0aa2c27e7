// A tensor of the host with given bytes.
#pragma once

#include <algorithm>
#include <stdexcept>
#include <string_view>

#include "tensor/tensor.h"

namespace vernier::test {

inline core::Tensor host_tensor(DType dtype, const core::Shape& shape, std::string_view bytes) {
  core::Tensor tensor = core::Tensor::allocate(dtype, shape);
  if (tensor.bytes() != bytes.size()) throw std::invalid_argument("the bytes do not fit the shape");
  std::copy(bytes.begin(), bytes.end(), tensor.mutable_as<char>());
  return tensor;
}

}  // namespace vernier::test
