#include "device/torch/tensor_bridge.h"

#include <ATen/ops/from_blob.h>

#include "vernier/core/error.h"

namespace vernier::core {

namespace {

DType dtype_of(at::ScalarType type) {
  switch (type) {
    case at::kFloat:
      return kFloat32;
    case at::kDouble:
      return kFloat64;
    case at::kLong:
      return kInt64;
    case at::kInt:
      return kInt32;
    case at::kShort:
      return kInt16;
    case at::kChar:
      return kInt8;
    case at::kByte:
      return kUInt8;
    case at::kBool:
      return kBool;
    default:
      throw internal_error("an op gave a tensor of an unexpected type");
  }
}

}  // namespace

at::ScalarType scalar_type(DType dtype) {
  if (dtype == kFloat32) return at::kFloat;
  if (dtype == kFloat64) return at::kDouble;
  if (dtype == kInt64) return at::kLong;
  if (dtype == kInt32) return at::kInt;
  if (dtype == kInt16) return at::kShort;
  if (dtype == kInt8) return at::kChar;
  if (dtype == kUInt8) return at::kByte;
  if (dtype == kBool) return at::kBool;
  throw internal_error("the torch device was given a tensor of " + dtype.name(), {},
                       "it works on float32, float64 and integers");
}

at::Tensor to_torch(const Tensor& tensor) {
  // The owner goes along: what reshape and slice give is a view, and it outlives the argument that it was
  // made from.
  return at::from_blob(
      const_cast<std::byte*>(tensor.data), tensor.shape, [owner = tensor.owner](void*) {},
      at::TensorOptions().dtype(scalar_type(tensor.dtype)));
}

Tensor from_torch(const at::Tensor& tensor) {
  auto kept = std::make_shared<at::Tensor>(tensor.contiguous());
  Tensor result;
  result.dtype = dtype_of(kept->scalar_type());
  result.shape.assign(kept->sizes().begin(), kept->sizes().end());
  result.data = static_cast<const std::byte*>(kept->const_data_ptr());
  result.owner = std::move(kept);
  return result;
}

}  // namespace vernier::core
