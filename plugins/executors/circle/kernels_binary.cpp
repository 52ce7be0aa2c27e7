// Two operands, broadcast against each other.
#include <algorithm>
#include <cmath>

#include "broadcast.h"
#include "indices.h"
#include "kernels.h"

namespace circle_executor {

namespace {

using Op = circle::BuiltinOperator;

Ratio divided(Quad a, Quad b) { return b < 0 ? Ratio{-a, -b} : Ratio{a, b}; }

struct BinaryRow {
  Op code;
  double (*real)(double, double);
  Ratio (*exact)(Quad, Quad);  // null: `real` is a rounding of something without an exact form
};

constexpr BinaryRow kBinaryRows[] = {
    {Op::ADD, [](double a, double b) { return a + b; }, [](Quad a, Quad b) { return Ratio{a + b}; }},
    {Op::SUB, [](double a, double b) { return a - b; }, [](Quad a, Quad b) { return Ratio{a - b}; }},
    {Op::MUL, [](double a, double b) { return a * b; }, [](Quad a, Quad b) { return Ratio{a * b}; }},
    {Op::DIV, [](double a, double b) { return a / b; }, divided},
    // NaN of either operand stays.
    {Op::MINIMUM, [](double a, double b) { return b < a || std::isnan(b) ? b : a; },
     [](Quad a, Quad b) { return Ratio{b < a ? b : a}; }},
    {Op::MAXIMUM, [](double a, double b) { return b > a || std::isnan(b) ? b : a; },
     [](Quad a, Quad b) { return Ratio{b > a ? b : a}; }},
    {Op::SQUARED_DIFFERENCE, [](double a, double b) { return (a - b) * (a - b); },
     [](Quad a, Quad b) { return Ratio{(a - b) * (a - b)}; }},
    {Op::POW, [](double a, double b) { return std::pow(a, b); }, nullptr}};

Clamp fused(const Call& call) {
  const auto read = [&](const auto* options) {
    return options == nullptr ? Clamp{} : call.clamp(options->fused_activation_function());
  };
  switch (call.code()) {
    case Op::ADD:
      return read(call.options_if_any<circle::AddOptions>());
    case Op::SUB:
      return read(call.options_if_any<circle::SubOptions>());
    case Op::MUL:
      return read(call.options_if_any<circle::MulOptions>());
    case Op::DIV:
      return read(call.options_if_any<circle::DivOptions>());
    default:
      return {};
  }
}

// False where the result leaves 64 bits.
bool integer_result(const Call& call, int64_t a, int64_t b, int64_t& result) {
  switch (call.code()) {
    case Op::ADD:
      return !__builtin_add_overflow(a, b, &result);
    case Op::SUB:
      return !__builtin_sub_overflow(a, b, &result);
    case Op::MUL:
      return !__builtin_mul_overflow(a, b, &result);
    case Op::MINIMUM:
      result = std::min(a, b);
      return true;
    case Op::MAXIMUM:
      result = std::max(a, b);
      return true;
    default:
      call.cannot("has integers without qparams as operands");
  }
}

void run_integers(const Call& call, const Broadcast& broadcast) {
  const Value &a = call.input(0), &b = call.input(1);
  const Result& to = call.result();
  if (to.tensor->is_bool()) call.cannot("has bools as operands");
  if (a.tensor->storage != to.tensor->storage || b.tensor->storage != to.tensor->storage)
    call.fail("mixes integer types");
  const vernier::DType dtype = to.tensor->file.dtype;
  each_element(broadcast.shape, broadcast.a_strides, broadcast.b_strides,
               [&](int64_t i, int64_t at_a, int64_t at_b) {
                 int64_t result = 0;
                 const bool fits = integer_result(call, code_at(a, at_a), code_at(b, at_b), result);
                 if (!fits || result < dtype.qmin() || result > dtype.qmax())
                   call.fail("leaves the range of " + dtype.name());
                 store_code(*to.tensor, to.data, i, result);
               });
}

}  // namespace

void binary(const Call& call) {
  const Value &a = call.input(0), &b = call.input(1);
  const Broadcast broadcast = broadcast_of(call, a.tensor->shape(), b.tensor->shape());
  call.check_shape(broadcast.shape);
  const bool plain = a.tensor->is_plain();
  if (b.tensor->is_plain() != plain || call.result().tensor->is_plain() != plain)
    call.fail("mixes integers without qparams and reals");
  const Clamp clamp = fused(call);
  if (plain) return run_integers(call, broadcast);
  const BinaryRow& row = *std::find_if(std::begin(kBinaryRows), std::end(kBinaryRows),
                                       [&](const BinaryRow& one) { return one.code == call.code(); });
  const Reals reals_a(a), reals_b(b);
  Writer writer(*call.result().tensor, call.result().data, clamp);
  each_element(broadcast.shape, broadcast.a_strides, broadcast.b_strides,
               [&](int64_t i, int64_t at_a, int64_t at_b) {
                 const double real = row.real(reals_a[at_a], reals_b[at_b]);
                 if (row.exact == nullptr) return writer.put(i, real);
                 writer.put(i, real, [&] { return row.exact(reals_a.exact(at_a), reals_b.exact(at_b)); });
               });
}

}  // namespace circle_executor
