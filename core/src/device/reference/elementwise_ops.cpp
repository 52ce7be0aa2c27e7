#include <cmath>

#include "device/reference/loops.h"

namespace vernier::core::reference {

namespace {

// Integers wrap around; signed overflow would be undefined.
template <typename Function>
Tensor zip_numbers(const Call& call, Function function) {
  if (is_floating(call.type.dtype)) return zip<double>(call, function);
  return zip<int64_t>(call, [&](int64_t a, int64_t b) {
    return static_cast<int64_t>(function(static_cast<uint64_t>(a), static_cast<uint64_t>(b)));
  });
}

Tensor add(const Call& call) {
  return zip_numbers(call, [](auto a, auto b) { return a + b; });
}
Tensor sub(const Call& call) {
  return zip_numbers(call, [](auto a, auto b) { return a - b; });
}
Tensor mul(const Call& call) {
  return zip_numbers(call, [](auto a, auto b) { return a * b; });
}
Tensor div(const Call& call) {
  return zip<double>(call, [](double a, double b) { return a / b; });
}

Tensor neg(const Call& call) {
  if (is_floating(call.type.dtype)) return map<double>(call, [](double x) { return -x; });
  return map<int64_t>(call, [](int64_t x) { return static_cast<int64_t>(-static_cast<uint64_t>(x)); });
}

Tensor relu(const Call& call) {
  // NaN stays NaN.
  if (is_floating(call.type.dtype)) return map<double>(call, [](double x) { return x <= 0 ? 0.0 : x; });
  return map<int64_t>(call, [](int64_t x) { return x < 0 ? int64_t{0} : x; });
}

// The bounds are of the result's dtype, as its elements are. NaN stays NaN; with low > high all is `high`.
Tensor clamp(const Call& call) {
  const bool is_single = call.type.dtype == kFloat32;
  const auto bound = [&](double x) { return is_single ? static_cast<double>(static_cast<float>(x)) : x; };
  const double low = bound(call.number(1)), high = bound(call.number(2));
  return map<double>(call, [&](double x) {
    if (std::isnan(x)) return x;
    return std::min(std::max(x, low), high);
  });
}

// Hendrycks & Gimpel 2016 (arXiv:1606.08415): x * Phi(x), or the approximation by tanh.
Tensor gelu(const Call& call) {
  if (call.text(1) == "none")
    return map<double>(call, [](double x) { return x * (0.5 * std::erfc(-x / std::sqrt(2.0))); });
  return map<double>(call, [](double x) {
    const double inner = std::sqrt(2 / 3.14159265358979323846) * (x + 0.044715 * x * x * x);
    return 0.5 * x * (1 + std::tanh(inner));
  });
}

Tensor rsqrt(const Call& call) {
  return map<double>(call, [](double x) { return 1 / std::sqrt(x); });
}
Tensor sqrt(const Call& call) {
  return map<double>(call, [](double x) { return std::sqrt(x); });
}
Tensor silu(const Call& call) {
  return map<double>(call, [](double x) { return x / (1 + std::exp(-x)); });
}
Tensor sigmoid(const Call& call) {
  return map<double>(call, [](double x) { return 1 / (1 + std::exp(-x)); });
}
Tensor tanh(const Call& call) {
  return map<double>(call, [](double x) { return std::tanh(x); });
}

constexpr OpRow<OpFunction> kRows[] = {
    {"add", add},   {"sub", sub},         {"mul", mul},   {"div", div},     {"neg", neg},
    {"relu", relu}, {"clamp", clamp},     {"gelu", gelu}, {"rsqrt", rsqrt}, {"sqrt", sqrt},
    {"silu", silu}, {"sigmoid", sigmoid}, {"tanh", tanh}};

}  // namespace

OpFunction find_elementwise_op(std::string_view name) { return find_function(kRows, name); }

}  // namespace vernier::core::reference
