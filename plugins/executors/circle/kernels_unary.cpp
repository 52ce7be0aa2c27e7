// One operand, element by element.
#include <algorithm>
#include <cmath>

#include "kernels.h"

namespace circle_executor {

namespace {

using Op = circle::BuiltinOperator;

constexpr double kInverseRootOfTwo = 0.70710678118654752440;
constexpr double kRootOfTwoByPi = 0.79788456080286535588;

struct UnaryRow {
  Op code;
  double (*real)(double);
  Quad (*exact)(Quad);  // null: `real` is a rounding of something without an exact form
};

// Comparisons are written so that NaN stays.
constexpr UnaryRow kUnaryRows[] = {
    {Op::NEG, [](double x) { return -x; }, [](Quad x) { return -x; }},
    {Op::ABS, [](double x) { return std::abs(x); }, [](Quad x) { return x < 0 ? -x : x; }},
    {Op::SQUARE, [](double x) { return x * x; }, [](Quad x) { return x * x; }},
    {Op::RELU, [](double x) { return x < 0 ? 0.0 : x; }, [](Quad x) { return x < 0 ? Quad{0} : x; }},
    {Op::RELU6, [](double x) { return x < 0   ? 0.0
                                      : x > 6 ? 6.0
                                              : x; },
     [](Quad x) { return x < 0   ? Quad{0}
                         : x > 6 ? Quad{6}
                                 : x; }},
    {Op::RELU_N1_TO_1, [](double x) { return x < -1  ? -1.0
                                             : x > 1 ? 1.0
                                                     : x; },
     [](Quad x) { return x < -1  ? Quad{-1}
                         : x > 1 ? Quad{1}
                                 : x; }},
    // A code times its scale has no more digits than a double.
    {Op::FLOOR, [](double x) { return std::floor(x); },
     [](Quad x) { return static_cast<Quad>(std::floor(static_cast<double>(x))); }},
    {Op::SQRT, [](double x) { return std::sqrt(x); }, nullptr},
    {Op::RSQRT, [](double x) { return 1.0 / std::sqrt(x); }, nullptr},
    {Op::EXP, [](double x) { return std::exp(x); }, nullptr},
    {Op::LOG, [](double x) { return std::log(x); }, nullptr},
    {Op::SIN, [](double x) { return std::sin(x); }, nullptr},
    {Op::COS, [](double x) { return std::cos(x); }, nullptr},
    {Op::LOGISTIC, [](double x) { return 1.0 / (1.0 + std::exp(-x)); }, nullptr},
    {Op::TANH, [](double x) { return std::tanh(x); }, nullptr}};

// ABS of integers that count something.
void absolute_integers(const Call& call) {
  const Value& x = call.input(0);
  const Result& to = call.result();
  if (x.tensor->storage != to.tensor->storage || to.tensor->is_quantized()) call.fail("mixes types");
  const vernier::DType dtype = to.tensor->file.dtype;
  for (int64_t i = 0; i < x.tensor->elements; ++i) {
    const int64_t code = code_at(x, i);
    if (code == dtype.qmin()) call.fail("leaves the range of " + dtype.name());
    store_code(*to.tensor, to.data, i, code < 0 ? -code : code);
  }
}

void run(const Call& call, const UnaryRow& row) {
  const Value& x = call.input(0);
  call.check_shape(x.tensor->shape());
  if (x.tensor->is_plain()) {
    if (row.code == Op::ABS && x.tensor->file.dtype.is_signed()) return absolute_integers(call);
    call.cannot("has integers without qparams as operand");
  }
  const Reals reals(x);
  Writer writer(*call.result().tensor, call.result().data);
  for (int64_t i = 0; i < x.tensor->elements; ++i) {
    const double real = row.real(reals[i]);
    if (row.exact == nullptr) {
      writer.put(i, real);
    } else {
      writer.put(i, real, [&] { return Ratio{row.exact(reals.exact(i))}; });
    }
  }
}

// By erfc, for 1 + erf(x) has no digits left where x is far below 0.
double gelu_exact(double x) { return 0.5 * x * std::erfc(-x * kInverseRootOfTwo); }
double gelu_tanh(double x) {
  return 0.5 * x * (1.0 + std::tanh(kRootOfTwoByPi * (x + 0.044715 * x * x * x)));
}

}  // namespace

void unary(const Call& call) {
  run(call, *std::find_if(std::begin(kUnaryRows), std::end(kUnaryRows),
                          [&](const UnaryRow& row) { return row.code == call.code(); }));
}

void gelu(const Call& call) {
  const auto* options = call.options_if_any<circle::GeluOptions>();
  run(call, {Op::GELU, options != nullptr && options->approximate() ? gelu_tanh : gelu_exact, nullptr});
}

}  // namespace circle_executor
