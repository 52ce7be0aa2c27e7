#include "call.h"

#include "damaged.h"

namespace circle_executor {

void Operations::take(double count, const std::string& where) {
  if (count > left_) {
    throw vernier::Error(VERNIER_OUT_OF_RANGE,
                         where + ": the run needs more than " + std::to_string(most_) +
                             " operations; raise the option max_operations if the file is sane");
  }
  left_ -= count;
}

const Value& Call::input(size_t i) const {
  if (!has_input(i)) fail("has no operand " + std::to_string(i));
  return inputs_[i];
}

std::vector<int64_t> Call::integers(size_t i) const {
  const Value& value = input(i);
  const Tensor& tensor = *value.tensor;
  const bool is_integer = tensor.storage == Storage::kInt32 || tensor.storage == Storage::kInt64;
  if (!is_integer || tensor.is_quantized() || tensor.rank() > 1)
    fail("wants a vector of int32 or int64 as operand " + std::to_string(i) + ", not " + tensor.described());
  constexpr int64_t kMost = 1000;  // pieces of a SPLIT_V are the longest such list
  if (tensor.elements > kMost)
    fail("has " + tensor.described() + " as operand " + std::to_string(i) +
         ", longer than a list of axes, extents or pieces is");
  std::vector<int64_t> result;
  for (int64_t k = 0; k < tensor.elements; ++k) result.push_back(code_at(value, k));
  return result;
}

size_t Call::axis(int64_t axis, size_t rank) const {
  const auto signed_rank = static_cast<int64_t>(rank);
  if (axis < -signed_rank || axis >= signed_rank)
    fail("names axis " + std::to_string(axis) + " of a tensor with " + std::to_string(rank) + " axes");
  return static_cast<size_t>(axis < 0 ? axis + signed_rank : axis);
}

void Call::check_shape(const Shape& shape, size_t i) const {
  const Tensor& tensor = *result(i).tensor;
  if (tensor.shape() == shape) return;
  Tensor wanted;
  wanted.file = {tensor.file.name, shape, tensor.file.dtype, {}, {}};
  fail("gives " + wanted.described() + ", and the file says " + tensor.described());
}

Clamp Call::clamp(circle::ActivationFunctionType activation) const {
  switch (activation) {
    case circle::ActivationFunctionType::NONE:
      return {};
    case circle::ActivationFunctionType::RELU:
      return {0, HUGE_VAL};
    case circle::ActivationFunctionType::RELU_N1_TO_1:
      return {-1, 1};
    case circle::ActivationFunctionType::RELU6:
      return {0, 6};
    default:
      break;
  }
  cannot("has a fused activation other than RELU, RELU6 and RELU_N1_TO_1");
}

void Call::fail(const std::string& what) const { damaged(op_.where + " " + what); }
void Call::cannot(const std::string& what) const {
  throw vernier::unimplemented(op_.where + " " + what + ": this executor does not run that");
}

}  // namespace circle_executor
