#include <fmt/format.h>

#include <algorithm>

#include "calibration/input_kinds.h"
#include "tensor/half.h"
#include "text/quote.h"
#include "vernier/core/error.h"

namespace vernier::core {
namespace {

template <typename From, typename To>
Tensor widened(const Tensor& tensor, DType dtype) {
  Tensor result = Tensor::allocate(dtype, tensor.shape);
  const From* x = tensor.as<From>();
  To* y = result.mutable_as<To>();
  // NOLINTNEXTLINE(bugprone-signed-char-misuse): int8_t is a number here
  for (int64_t i = 0, n = tensor.elements(); i < n; ++i) y[i] = static_cast<To>(x[i]);
  return result;
}

Tensor from_half(const Tensor& tensor, float (*value_of)(uint16_t)) {
  Tensor result = Tensor::allocate(kFloat32, tensor.shape);
  const uint16_t* x = tensor.as<uint16_t>();
  std::transform(x, x + tensor.elements(), result.mutable_as<float>(), value_of);
  return result;
}

}  // namespace

Tensor to_model_input(Tensor tensor, const std::string& name, const std::string& file) {
  const DType dtype = tensor.dtype;
  if (dtype == kFloat32 || dtype == kInt32 || dtype == kInt64 || dtype == kBool) return tensor;
  if (dtype == kBFloat16) return from_half(tensor, bfloat16_value);
  if (dtype == kFloat16) return from_half(tensor, float16_value);
  if (dtype == DType(VERNIER_DTYPE_FLOAT, 64)) return widened<double, float>(tensor, kFloat32);
  if (dtype == kInt8) return widened<int8_t, int32_t>(tensor, kInt32);
  if (dtype == kUInt8) return widened<uint8_t, int32_t>(tensor, kInt32);
  if (dtype == kInt16) return widened<int16_t, int32_t>(tensor, kInt32);
  if (dtype == DType(VERNIER_DTYPE_UINT, 16)) return widened<uint16_t, int32_t>(tensor, kInt32);
  if (dtype == DType(VERNIER_DTYPE_UINT, 32)) return widened<uint32_t, int64_t>(tensor, kInt64);
  throw data_error(fmt::format("tensor {} is {}, which no model input takes", in_quotes(name), dtype.name()),
                   file, "save it as int64");
}

}  // namespace vernier::core
