// Comparisons, bools, and the choice by them.
#include "broadcast.h"
#include "copier.h"
#include "indices.h"
#include "kernels.h"

namespace circle_executor {

namespace {

template <typename Number>
bool holds(circle::BuiltinOperator code, Number a, Number b) {
  switch (code) {
    case circle::BuiltinOperator::EQUAL:
      return a == b;
    case circle::BuiltinOperator::NOT_EQUAL:
      return a != b;
    case circle::BuiltinOperator::LESS:
      return a < b;
    case circle::BuiltinOperator::LESS_EQUAL:
      return a <= b;
    case circle::BuiltinOperator::GREATER:
      return a > b;
    default:
      return a >= b;
  }
}

void check_bool(const Call& call, const Tensor& tensor) {
  if (!tensor.is_bool()) call.fail("wants bool, not " + tensor.described());
}

// f(i, a, b) for each element of the result and the operands' elements behind it.
template <typename Function>
void each_pair(const Call& call, Function f) {
  const Broadcast broadcast =
      broadcast_of(call, call.input(0).tensor->shape(), call.input(1).tensor->shape());
  call.check_shape(broadcast.shape);
  each_element(broadcast.shape, broadcast.a_strides, broadcast.b_strides, f);
}

}  // namespace

// Codes of unequal qparams by the reals that they mean, exactly.
void compare(const Call& call) {
  const Value &a = call.input(0), &b = call.input(1);
  const Result& to = call.result();
  check_bool(call, *to.tensor);
  const bool plain = a.tensor->is_plain();
  if (b.tensor->is_plain() != plain || (plain && a.tensor->storage != b.tensor->storage))
    call.fail("compares " + a.tensor->described() + " with " + b.tensor->described());
  const bool by_codes =
      !a.tensor->is_float() && same_encoding(*a.tensor, *b.tensor) && (plain || a.tensor->is_per_tensor());
  const Reals reals_a(a), reals_b(b);
  const auto result = [&](int64_t at_a, int64_t at_b) {
    if (by_codes) return holds(call.code(), code_at(a, at_a), code_at(b, at_b));
    return holds(call.code(), reals_a.exact(at_a), reals_b.exact(at_b));
  };
  each_pair(call, [&](int64_t i, int64_t at_a, int64_t at_b) {
    store_code(*to.tensor, to.data, i, result(at_a, at_b) ? 1 : 0);
  });
}

void logical(const Call& call) {
  const Value &a = call.input(0), &b = call.input(1);
  const Result& to = call.result();
  for (const Tensor* one : {a.tensor, b.tensor, to.tensor}) check_bool(call, *one);
  const bool is_and = call.code() == circle::BuiltinOperator::LOGICAL_AND;
  each_pair(call, [&](int64_t i, int64_t at_a, int64_t at_b) {
    const int64_t left = code_at(a, at_a), right = code_at(b, at_b);
    store_code(*to.tensor, to.data, i, is_and ? left & right : left | right);
  });
}

void logical_not(const Call& call) {
  const Value& x = call.input(0);
  const Result& to = call.result();
  for (const Tensor* one : {x.tensor, to.tensor}) check_bool(call, *one);
  call.check_shape(x.tensor->shape());
  for (int64_t i = 0; i < x.tensor->elements; ++i) store_code(*to.tensor, to.data, i, 1 - code_at(x, i));
}

// SELECT_V2: operand 1 where operand 0 holds, else operand 2; all three broadcast.
void choose(const Call& call) {
  const Value &condition = call.input(0), &a = call.input(1), &b = call.input(2);
  check_bool(call, *condition.tensor);
  const Shape choices = broadcast_of(call, a.tensor->shape(), b.tensor->shape()).shape;
  const Shape shape = broadcast_of(call, condition.tensor->shape(), choices).shape;
  call.check_shape(shape);
  if (call.result().tensor->elements == 0) return;
  const std::vector<int64_t> where = broadcast_of(call, condition.tensor->shape(), shape).a_strides;
  for (const bool wanted : {true, false}) {
    const Value& chosen = wanted ? a : b;
    const Copier copier(call, chosen, call.result());
    each_element(shape, where, broadcast_of(call, chosen.tensor->shape(), shape).a_strides,
                 [&](int64_t i, int64_t at, int64_t from) {
                   if ((code_at(condition, at) != 0) == wanted) copier.copy(from, i);
                 });
  }
}

}  // namespace circle_executor
