#include <cmath>

#include "device/reference/loops.h"

namespace vernier::core::reference {

namespace {

// A conversion that C++ leaves undefined outside the integer's range.
int64_t whole(double x, DType to) {
  if (std::isnan(x)) return 0;
  if (x <= static_cast<double>(to.qmin())) return to.qmin();
  if (x >= static_cast<double>(to.qmax())) return to.qmax();
  return static_cast<int64_t>(x);
}

Tensor cast(const Call& call) {
  const DType to = call.type.dtype;
  const DType from = call.tensor(0).dtype;
  if (is_floating(to)) return write(read<double>(call.tensor(0), to), call.type);
  if (!is_floating(from) || to == kBool) return write(read<int64_t>(call.tensor(0), to), call.type);
  std::vector<int64_t> result;
  for (const double x : read<double>(call.tensor(0), from)) result.push_back(whole(x, to));
  return write(result, call.type);
}

// Of the divisor's sign, or 0.
double remainder_of(double a, double b) {
  const double rest = std::fmod(a, b);
  return rest != 0 && (b < 0) != (rest < 0) ? rest + b : rest;
}
// The least integer divided by -1 does not fit its dtype, and traps.
int64_t remainder_of(int64_t a, int64_t b) {
  if (b == -1) return 0;
  const int64_t rest = a % b;
  return rest != 0 && (b < 0) != (rest < 0) ? rest + b : rest;
}

// a / b may be rounded up to a whole number, so what remains is taken off first, and the quotient of the rest
// is whole but for rounding.
double floor_of(double a, double b) {
  if (b == 0) return a / b;
  const double rest = std::fmod(a, b);
  double quotient = (a - rest) / b;
  if (rest != 0 && (b < 0) != (rest < 0)) quotient -= 1;
  return std::round(quotient);
}
int64_t floor_of(int64_t a, int64_t b) {
  if (b == -1) return static_cast<int64_t>(-static_cast<uint64_t>(a));  // wraps around
  const int64_t quotient = a / b;
  return a % b != 0 && (a < 0) != (b < 0) ? quotient - 1 : quotient;
}

Tensor floor_div(const Call& call) {
  if (is_floating(call.type.dtype))
    return zip<double>(call, [](double a, double b) { return floor_of(a, b); });
  return zip<int64_t>(call, [](int64_t a, int64_t b) { return floor_of(a, b); });
}

Tensor remainder(const Call& call) {
  if (is_floating(call.type.dtype))
    return zip<double>(call, [](double a, double b) { return remainder_of(a, b); });
  return zip<int64_t>(call, [](int64_t a, int64_t b) { return remainder_of(a, b); });
}

constexpr OpRow<OpFunction> kRows[] = {{"cast", cast}, {"floor_div", floor_div}, {"remainder", remainder}};

}  // namespace

OpFunction find_whole_op(std::string_view name) { return find_function(kRows, name); }

}  // namespace vernier::core::reference
