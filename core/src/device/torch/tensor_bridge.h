// Between the host's tensors and LibTorch's, without copying.
#pragma once

#include <ATen/core/Tensor.h>

#include "tensor/tensor.h"

namespace vernier::core {

// Throws Error (kInternal) for a dtype that no op takes.
at::ScalarType scalar_type(DType dtype);

// Keeps `tensor.owner` alive; memory without an owner must outlive the result and every view of it. Float32
// and integer types of 8 bits or more.
at::Tensor to_torch(const Tensor& tensor);
// Keeps `tensor` alive; made contiguous where it is not.
Tensor from_torch(const at::Tensor& tensor);

}  // namespace vernier::core
