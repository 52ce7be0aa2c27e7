#include <ATen/ops/clamp.h>
#include <ATen/ops/div.h>
#include <ATen/ops/eq.h>
#include <ATen/ops/ge.h>
#include <ATen/ops/nan_to_num.h>
#include <ATen/ops/neg.h>
#include <ATen/ops/remainder.h>
#include <ATen/ops/result_type.h>
#include <ATen/ops/where.h>

#include <limits>

#include "device/torch/op_functions.h"
#include "device/torch/tensor_bridge.h"

namespace vernier::core {

namespace {

// LibTorch leaves what a float outside the integer's range becomes to the processor.
at::Tensor cast(const OpArguments& a) {
  const at::Tensor x = a.tensor(0);
  const DType to = DType::parse(a.text(1));
  if (!x.is_floating_point() || to == kBool) return x.to(scalar_type(to));
  if (to == kFloat32) return x;
  const at::Tensor wide = at::nan_to_num(x.to(at::kDouble), 0.0);
  // The greatest double below 2^63; what is above it is put in behind.
  const double high = to == kInt64 ? 0x1.fffffffffffffp62 : static_cast<double>(to.qmax());
  const at::Tensor whole = at::clamp(wide, static_cast<double>(to.qmin()), high).to(at::kLong);
  if (to != kInt64) return whole.to(scalar_type(to));
  return at::where(at::ge(wide, 0x1p63), at::Scalar(std::numeric_limits<int64_t>::max()), whole);
}

struct Division {
  at::Tensor a;
  at::Tensor b;
  at::ScalarType type;      // of the result
  at::Tensor by_minus_one;  // where b is -1; undefined for floats, and where it cannot be
};

// Integers in the dtype of the result, and not divided by -1: the processor traps on the least one. Floats in
// float64: LibTorch's fmod of float32 is NaN where the quotient overflows float32.
Division division(const OpArguments& arguments) {
  const at::Tensor a = arguments.tensor(0), b = arguments.tensor(1);
  const at::ScalarType type = at::result_type(a, b);
  if (at::isFloatingType(type)) return {a.to(type).to(at::kDouble), b.to(type).to(at::kDouble), type, {}};
  Division result{a.to(type), b.to(type), type, {}};
  if (type == at::kByte) return result;  // -1 is 255 there
  result.by_minus_one = at::eq(result.b, -1);
  result.b = result.b.masked_fill(result.by_minus_one, 1);
  return result;
}

at::Tensor floor_div(const OpArguments& arguments) {
  const Division d = division(arguments);
  const at::Tensor quotient = at::div(d.a, d.b, "floor");
  return d.by_minus_one.defined() ? at::where(d.by_minus_one, at::neg(d.a), quotient) : quotient.to(d.type);
}

at::Tensor remainder(const OpArguments& arguments) {
  const Division d = division(arguments);  // what remains of a division by 1 is 0, as of one by -1
  return at::remainder(d.a, d.b).to(d.type);
}

constexpr OpRow<OpFunction> kRows[] = {{"cast", cast}, {"floor_div", floor_div}, {"remainder", remainder}};

}  // namespace

OpFunction find_whole_op(std::string_view name) { return find_function(kRows, name); }

}  // namespace vernier::core
