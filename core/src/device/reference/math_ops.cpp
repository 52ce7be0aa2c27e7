#include <algorithm>
#include <cmath>

#include "device/reference/loops.h"

namespace vernier::core::reference {

namespace {

template <double (*function)(double)>
Tensor each(const Call& call) {
  return map<double>(call, function);
}

double softplus_of(double x) { return x > 0 ? x + std::log1p(std::exp(-x)) : std::log1p(std::exp(x)); }

Tensor abs(const Call& call) {
  if (is_floating(call.type.dtype)) return map<double>(call, [](double x) { return std::fabs(x); });
  // The least integer has no positive partner, and wraps around to itself.
  return map<int64_t>(call,
                      [](int64_t x) { return x < 0 ? static_cast<int64_t>(-static_cast<uint64_t>(x)) : x; });
}

Tensor square(const Call& call) {
  if (is_floating(call.type.dtype)) return map<double>(call, [](double x) { return x * x; });
  return map<int64_t>(call, [](int64_t x) {
    return static_cast<int64_t>(static_cast<uint64_t>(x) * static_cast<uint64_t>(x));
  });
}

Tensor pow(const Call& call) {
  return zip<double>(call, [](double a, double b) { return std::pow(a, b); });
}

Tensor maximum(const Call& call) {
  if (!is_floating(call.type.dtype))
    return zip<int64_t>(call, [](int64_t a, int64_t b) { return std::max(a, b); });
  return zip<double>(call, [](double a, double b) { return std::isnan(a) || a > b ? a : b; });
}

Tensor minimum(const Call& call) {
  if (!is_floating(call.type.dtype))
    return zip<int64_t>(call, [](int64_t a, int64_t b) { return std::min(a, b); });
  return zip<double>(call, [](double a, double b) { return std::isnan(a) || a < b ? a : b; });
}

constexpr OpRow<OpFunction> kRows[] = {{"cos", each<std::cos>},     {"sin", each<std::sin>},
                                       {"exp", each<std::exp>},     {"log", each<std::log>},
                                       {"erf", each<std::erf>},     {"softplus", each<softplus_of>},
                                       {"floor", each<std::floor>}, {"abs", abs},
                                       {"square", square},          {"pow", pow},
                                       {"maximum", maximum},        {"minimum", minimum}};

}  // namespace

OpFunction find_math_op(std::string_view name) { return find_function(kRows, name); }

}  // namespace vernier::core::reference
