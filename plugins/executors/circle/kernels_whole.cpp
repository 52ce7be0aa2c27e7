// FLOOR_DIV and FLOOR_MOD: a = b * floor(a / b) + rest, the rest on b's side of 0.
#include <cmath>

#include "broadcast.h"
#include "indices.h"
#include "kernels.h"

namespace circle_executor {

namespace {

double rest_of(double a, double b) {
  const double rest = std::fmod(a, b);
  return rest != 0 && (rest < 0) != (b < 0) ? rest + b : rest;
}

int64_t whole_of(const Call& call, int64_t a, int64_t b, bool is_rest, vernier::DType dtype) {
  if (b == 0) call.fail("divides by 0");
  if (b == -1) {
    if (is_rest) return 0;
    if (a == dtype.qmin()) call.fail("leaves the range of " + dtype.name());
    return -a;
  }
  const int64_t rest = a % b, quotient = a / b;
  const bool is_other_side = rest != 0 && (rest < 0) != (b < 0);
  if (is_rest) return is_other_side ? rest + b : rest;
  return is_other_side ? quotient - 1 : quotient;
}

}  // namespace

void divide_whole(const Call& call) {
  const Value &a = call.input(0), &b = call.input(1);
  const Result& to = call.result();
  const bool is_rest = call.code() == circle::BuiltinOperator::FLOOR_MOD;
  const Tensor* tensors[] = {a.tensor, b.tensor, to.tensor};
  for (const Tensor* one : tensors) {
    if (one->storage != to.tensor->storage || one->is_quantized() || one->is_bool())
      call.cannot("has operands and a result of other types than one of numbers without qparams");
  }
  const Broadcast broadcast = broadcast_of(call, a.tensor->shape(), b.tensor->shape());
  call.check_shape(broadcast.shape);
  if (to.tensor->elements == 0) return;
  each_element(
      broadcast.shape, broadcast.a_strides, broadcast.b_strides, [&](int64_t i, int64_t at_a, int64_t at_b) {
        if (to.tensor->is_float()) {
          const double x = load<float>(a.data, at_a), y = load<float>(b.data, at_b);
          store(to.data, i, static_cast<float>(is_rest ? rest_of(x, y) : std::floor(x / y)));
        } else {
          store_code(*to.tensor, to.data, i,
                     whole_of(call, code_at(a, at_a), code_at(b, at_b), is_rest, to.tensor->file.dtype));
        }
      });
}

}  // namespace circle_executor
