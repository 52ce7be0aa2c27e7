// A borrowed look at a tensor of the host.
#pragma once

#include <cstdint>
#include <vector>

#include "vernier/abi/tensor.h"
#include "vernier/dtype.h"

namespace vernier {

// Dense, row-major; lives as long as the call that received it.
class TensorView {
 public:
  explicit TensorView(const vernier_tensor& tensor) : tensor_(&tensor) {}
  [[nodiscard]] const vernier_tensor& abi() const { return *tensor_; }
  [[nodiscard]] DType dtype() const { return tensor_->dtype; }
  [[nodiscard]] const void* bytes() const { return tensor_->data; }
  // float32 tensors only.
  [[nodiscard]] const float* data() const { return static_cast<const float*>(tensor_->data); }
  [[nodiscard]] std::vector<int64_t> shape() const {
    return {tensor_->shape, tensor_->shape + tensor_->rank};
  }
  [[nodiscard]] int64_t elements() const {
    int64_t count = 1;
    for (uint64_t i = 0; i < tensor_->rank; ++i) count *= tensor_->shape[i];
    return count;
  }

 private:
  const vernier_tensor* tensor_;
};

}  // namespace vernier
