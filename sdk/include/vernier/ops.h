// The host's operators as functions. Shapes and meaning: vernier/abi/ops.h. All: [the forward's thread &
// running]
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <initializer_list>
#include <string_view>
#include <vector>

#include "vernier/abi/ops.h"
#include "vernier/context.h"

namespace vernier::ops {

namespace detail {

inline const vernier_ops_interface& table() {
  static const auto& found = interface<vernier_ops_interface>(VERNIER_OPS);
  return found;
}

inline uint32_t resolve(std::string_view name, uint32_t version) {
  uint32_t id = 0;
  check(table().resolve(host_context(), to_abi(name), version, &id));
  return id;
}

inline vernier_argument argument(Value x) {
  vernier_argument a{};
  a.kind = x ? VERNIER_ARGUMENT_VALUE : VERNIER_ARGUMENT_NONE;
  a.as.handle = x.handle();
  return a;
}
inline vernier_argument argument(int64_t x) {
  vernier_argument a{};
  a.kind = VERNIER_ARGUMENT_INTEGER;
  a.as.integer = x;
  return a;
}
inline vernier_argument argument(double x) {
  vernier_argument a{};
  a.kind = VERNIER_ARGUMENT_NUMBER;
  a.as.number = x;
  return a;
}
inline vernier_argument argument(const std::vector<int64_t>& x) {
  vernier_argument a{};
  a.kind = VERNIER_ARGUMENT_INTEGERS;
  a.count = static_cast<uint32_t>(x.size());
  a.as.integers = x.data();
  return a;
}
inline vernier_argument argument(std::string_view x) {
  vernier_argument a{};
  a.kind = VERNIER_ARGUMENT_TEXT;
  a.count = static_cast<uint32_t>(x.size());
  a.as.text = x.data();
  return a;
}

inline vernier_argument argument(const std::vector<vernier_value>& x) {
  vernier_argument a{};
  a.kind = VERNIER_ARGUMENT_VALUES;
  a.count = static_cast<uint32_t>(x.size());
  a.as.handles = x.data();
  return a;
}
inline std::vector<vernier_value> handles(const std::vector<Value>& xs) {
  std::vector<vernier_value> result;
  result.reserve(xs.size());
  for (Value x : xs) result.push_back(x.handle());
  return result;
}

inline Value call(Context& c, uint32_t id, std::initializer_list<vernier_argument> arguments) {
  vernier_value result = VERNIER_NULL_HANDLE;
  check(table().call(host_context(), c.handle(), id, arguments.begin(), arguments.size(), &result, 1));
  return Value(result);
}
inline std::vector<Value> call_several(Context& c, uint32_t id,
                                       std::initializer_list<vernier_argument> arguments, size_t count) {
  std::vector<vernier_value> results(count, VERNIER_NULL_HANDLE);
  check(table().call(host_context(), c.handle(), id, arguments.begin(), arguments.size(), results.data(),
                     results.size()));
  std::vector<Value> values;
  values.reserve(count);
  for (vernier_value result : results) values.emplace_back(result);
  return values;
}
template <size_t kCount>
std::array<Value, kCount> call_named(Context& c, uint32_t id,
                                     std::initializer_list<vernier_argument> arguments) {
  std::array<Value, kCount> values;
  const std::vector<Value> all = call_several(c, id, arguments, kCount);
  for (size_t i = 0; i < kCount; ++i) values[i] = all[i];
  return values;
}

}  // namespace detail

// clang-format off
// BEGIN generated from schemas/ops.json
// x * weight^T + bias
inline Value linear(Context& c, Value x, Value weight, Value bias = {}) {
  static const uint32_t id = detail::resolve("linear", 1);
  return detail::call(c, id, {detail::argument(x), detail::argument(weight), detail::argument(bias)});
}
// batched, over the last two axes; a vector is one row on the left, one column on the right
inline Value matmul(Context& c, Value a, Value b) {
  static const uint32_t id = detail::resolve("matmul", 1);
  return detail::call(c, id, {detail::argument(a), detail::argument(b)});
}
// a + b
inline Value add(Context& c, Value a, Value b) {
  static const uint32_t id = detail::resolve("add", 1);
  return detail::call(c, id, {detail::argument(a), detail::argument(b)});
}
// a - b
inline Value sub(Context& c, Value a, Value b) {
  static const uint32_t id = detail::resolve("sub", 1);
  return detail::call(c, id, {detail::argument(a), detail::argument(b)});
}
// a * b
inline Value mul(Context& c, Value a, Value b) {
  static const uint32_t id = detail::resolve("mul", 1);
  return detail::call(c, id, {detail::argument(a), detail::argument(b)});
}
// a / b; of integers in float32
inline Value div(Context& c, Value a, Value b) {
  static const uint32_t id = detail::resolve("div", 1);
  return detail::call(c, id, {detail::argument(a), detail::argument(b)});
}
// -x
inline Value neg(Context& c, Value x) {
  static const uint32_t id = detail::resolve("neg", 1);
  return detail::call(c, id, {detail::argument(x)});
}
// 1 / sqrt(x)
inline Value rsqrt(Context& c, Value x) {
  static const uint32_t id = detail::resolve("rsqrt", 1);
  return detail::call(c, id, {detail::argument(x)});
}
// sqrt(x)
inline Value sqrt(Context& c, Value x) {
  static const uint32_t id = detail::resolve("sqrt", 1);
  return detail::call(c, id, {detail::argument(x)});
}
// mean over axes, or over all where none is named
inline Value mean(Context& c, Value x, const std::vector<int64_t>& axes, bool keep_dims) {
  static const uint32_t id = detail::resolve("mean", 1);
  return detail::call(c, id, {detail::argument(x), detail::argument(axes),
      detail::argument(int64_t{keep_dims})});
}
// the same elements in another shape; one extent may be -1
inline Value reshape(Context& c, Value x, const std::vector<int64_t>& shape) {
  static const uint32_t id = detail::resolve("reshape", 1);
  return detail::call(c, id, {detail::argument(x), detail::argument(shape)});
}
// axis i of the result is axis axes[i] of x
inline Value permute(Context& c, Value x, const std::vector<int64_t>& axes) {
  static const uint32_t id = detail::resolve("permute", 1);
  return detail::call(c, id, {detail::argument(x), detail::argument(axes)});
}
// elements [begin, end) along axis
inline Value slice(Context& c, Value x, int64_t axis, int64_t begin, int64_t end) {
  static const uint32_t id = detail::resolve("slice", 1);
  return detail::call(c, id, {detail::argument(x), detail::argument(axis), detail::argument(begin),
      detail::argument(end)});
}
// one behind the other along axis
inline Value concat(Context& c, const std::vector<Value>& xs, int64_t axis) {
  static const uint32_t id = detail::resolve("concat", 1);
  const std::vector<vernier_value> handles = detail::handles(xs);
  return detail::call(c, id, {detail::argument(handles), detail::argument(axis)});
}
// exp(x) / sum(exp(x)) along axis
inline Value softmax(Context& c, Value x, int64_t axis) {
  static const uint32_t id = detail::resolve("softmax", 1);
  return detail::call(c, id, {detail::argument(x), detail::argument(axis)});
}
// approximate "none": x * Phi(x), with the error function; "tanh": its approximation
inline Value gelu(Context& c, Value x, std::string_view approximate) {
  static const uint32_t id = detail::resolve("gelu", 1);
  return detail::call(c, id, {detail::argument(x), detail::argument(approximate)});
}
// x * sigmoid(x)
inline Value silu(Context& c, Value x) {
  static const uint32_t id = detail::resolve("silu", 1);
  return detail::call(c, id, {detail::argument(x)});
}
// 1 / (1 + exp(-x))
inline Value sigmoid(Context& c, Value x) {
  static const uint32_t id = detail::resolve("sigmoid", 1);
  return detail::call(c, id, {detail::argument(x)});
}
// tanh(x)
inline Value tanh(Context& c, Value x) {
  static const uint32_t id = detail::resolve("tanh", 1);
  return detail::call(c, id, {detail::argument(x)});
}
// max(x, 0)
inline Value relu(Context& c, Value x) {
  static const uint32_t id = detail::resolve("relu", 1);
  return detail::call(c, id, {detail::argument(x)});
}
// min(max(x, low), high)
inline Value clamp(Context& c, Value x, double low, double high) {
  static const uint32_t id = detail::resolve("clamp", 1);
  return detail::call(c, id, {detail::argument(x), detail::argument(low), detail::argument(high)});
}
// x * rsqrt(mean(x^2, last axis) + eps) * weight (Zhang & Sennrich 2019, arXiv:1910.07467)
inline Value rms_norm(Context& c, Value x, Value weight, double eps) {
  static const uint32_t id = detail::resolve("rms_norm", 1);
  return detail::call(c, id, {detail::argument(x), detail::argument(weight), detail::argument(eps)});
}
// (x - mean) * rsqrt(mean((x - mean)^2) + eps) * weight + bias, means over the last axis (Ba, Kiros &
// Hinton 2016, arXiv:1607.06450)
inline Value layer_norm(Context& c, Value x, Value weight, Value bias, double eps) {
  static const uint32_t id = detail::resolve("layer_norm", 1);
  return detail::call(c, id, {detail::argument(x), detail::argument(weight), detail::argument(bias),
      detail::argument(eps)});
}
// one row of weight for each index (int32 or int64); an index outside [0, rows) is an error
inline Value embedding(Context& c, Value weight, Value indices) {
  static const uint32_t id = detail::resolve("embedding", 1);
  return detail::call(c, id, {detail::argument(weight), detail::argument(indices)});
}
// cos(x), x in radians
inline Value cos(Context& c, Value x) {
  static const uint32_t id = detail::resolve("cos", 1);
  return detail::call(c, id, {detail::argument(x)});
}
// sin(x), x in radians
inline Value sin(Context& c, Value x) {
  static const uint32_t id = detail::resolve("sin", 1);
  return detail::call(c, id, {detail::argument(x)});
}
// e^x
inline Value exp(Context& c, Value x) {
  static const uint32_t id = detail::resolve("exp", 1);
  return detail::call(c, id, {detail::argument(x)});
}
// natural logarithm; NaN below 0, -inf of 0
inline Value log(Context& c, Value x) {
  static const uint32_t id = detail::resolve("log", 1);
  return detail::call(c, id, {detail::argument(x)});
}
// 2 / sqrt(pi) * the integral of e^(-t^2) from 0 to x
inline Value erf(Context& c, Value x) {
  static const uint32_t id = detail::resolve("erf", 1);
  return detail::call(c, id, {detail::argument(x)});
}
// log(1 + e^x)
inline Value softplus(Context& c, Value x) {
  static const uint32_t id = detail::resolve("softplus", 1);
  return detail::call(c, id, {detail::argument(x)});
}
// the greatest whole number that is not above x
inline Value floor(Context& c, Value x) {
  static const uint32_t id = detail::resolve("floor", 1);
  return detail::call(c, id, {detail::argument(x)});
}
// x without its sign; of integers the least one stays
inline Value abs(Context& c, Value x) {
  static const uint32_t id = detail::resolve("abs", 1);
  return detail::call(c, id, {detail::argument(x)});
}
// x * x
inline Value square(Context& c, Value x) {
  static const uint32_t id = detail::resolve("square", 1);
  return detail::call(c, id, {detail::argument(x)});
}
// a to the power of b; of integers in float32 (IEEE 754-2019, 9.2.1)
inline Value pow(Context& c, Value a, Value b) {
  static const uint32_t id = detail::resolve("pow", 1);
  return detail::call(c, id, {detail::argument(a), detail::argument(b)});
}
// the greater of a and b; NaN where one of them is
inline Value maximum(Context& c, Value a, Value b) {
  static const uint32_t id = detail::resolve("maximum", 1);
  return detail::call(c, id, {detail::argument(a), detail::argument(b)});
}
// the lesser of a and b; NaN where one of them is
inline Value minimum(Context& c, Value a, Value b) {
  static const uint32_t id = detail::resolve("minimum", 1);
  return detail::call(c, id, {detail::argument(a), detail::argument(b)});
}
// bool: a = b, in the dtype that holds both; false where one is NaN
inline Value equal(Context& c, Value a, Value b) {
  static const uint32_t id = detail::resolve("equal", 1);
  return detail::call(c, id, {detail::argument(a), detail::argument(b)});
}
// bool: a and b differ, in the dtype that holds both; true where one is NaN
inline Value not_equal(Context& c, Value a, Value b) {
  static const uint32_t id = detail::resolve("not_equal", 1);
  return detail::call(c, id, {detail::argument(a), detail::argument(b)});
}
// bool: a < b, in the dtype that holds both; false where one is NaN
inline Value less(Context& c, Value a, Value b) {
  static const uint32_t id = detail::resolve("less", 1);
  return detail::call(c, id, {detail::argument(a), detail::argument(b)});
}
// bool: a <= b, in the dtype that holds both; false where one is NaN
inline Value less_equal(Context& c, Value a, Value b) {
  static const uint32_t id = detail::resolve("less_equal", 1);
  return detail::call(c, id, {detail::argument(a), detail::argument(b)});
}
// bool: a > b, in the dtype that holds both; false where one is NaN
inline Value greater(Context& c, Value a, Value b) {
  static const uint32_t id = detail::resolve("greater", 1);
  return detail::call(c, id, {detail::argument(a), detail::argument(b)});
}
// bool: a >= b, in the dtype that holds both; false where one is NaN
inline Value greater_equal(Context& c, Value a, Value b) {
  static const uint32_t id = detail::resolve("greater_equal", 1);
  return detail::call(c, id, {detail::argument(a), detail::argument(b)});
}
// both of two bools
inline Value logical_and(Context& c, Value a, Value b) {
  static const uint32_t id = detail::resolve("logical_and", 1);
  return detail::call(c, id, {detail::argument(a), detail::argument(b)});
}
// one of two bools, or both
inline Value logical_or(Context& c, Value a, Value b) {
  static const uint32_t id = detail::resolve("logical_or", 1);
  return detail::call(c, id, {detail::argument(a), detail::argument(b)});
}
// the other bool
inline Value logical_not(Context& c, Value x) {
  static const uint32_t id = detail::resolve("logical_not", 1);
  return detail::call(c, id, {detail::argument(x)});
}
// a where the condition (bool) holds, else b
inline Value where(Context& c, Value condition, Value a, Value b) {
  static const uint32_t id = detail::resolve("where", 1);
  return detail::call(c, id, {detail::argument(condition), detail::argument(a), detail::argument(b)});
}
// sum over axes, or over all where none is named
inline Value sum(Context& c, Value x, const std::vector<int64_t>& axes, bool keep_dims) {
  static const uint32_t id = detail::resolve("sum", 1);
  return detail::call(c, id, {detail::argument(x), detail::argument(axes),
      detail::argument(int64_t{keep_dims})});
}
// greatest element over axes, or over all where none is named; NaN where one is; of no element an error
inline Value max(Context& c, Value x, const std::vector<int64_t>& axes, bool keep_dims) {
  static const uint32_t id = detail::resolve("max", 1);
  return detail::call(c, id, {detail::argument(x), detail::argument(axes),
      detail::argument(int64_t{keep_dims})});
}
// least element over axes, or over all where none is named; NaN where one is; of no element an error
inline Value min(Context& c, Value x, const std::vector<int64_t>& axes, bool keep_dims) {
  static const uint32_t id = detail::resolve("min", 1);
  return detail::call(c, id, {detail::argument(x), detail::argument(axes),
      detail::argument(int64_t{keep_dims})});
}
// int64: index along the axis of the first greatest element, NaN above all; of no element an error
inline Value argmax(Context& c, Value x, int64_t axis) {
  static const uint32_t id = detail::resolve("argmax", 1);
  return detail::call(c, id, {detail::argument(x), detail::argument(axis)});
}
// sum of the elements up to each one along the axis
inline Value cumsum(Context& c, Value x, int64_t axis) {
  static const uint32_t id = detail::resolve("cumsum", 1);
  return detail::call(c, id, {detail::argument(x), detail::argument(axis)});
}
// x as dtype: float32, int64, int32, int16, int8, uint8 or bool. Integers wrap around; of a float the
// fraction goes, what lies outside becomes the nearest end, and NaN 0; bool is x != 0. A float64, which
// only the exact run has, stays as float32
inline Value cast(Context& c, Value x, std::string_view dtype) {
  static const uint32_t id = detail::resolve("cast", 1);
  return detail::call(c, id, {detail::argument(x), detail::argument(dtype)});
}
// the greatest whole number that is not above a / b, as Python's //; an integer divided by 0, or the least
// one by -1, is an error
inline Value floor_div(Context& c, Value a, Value b) {
  static const uint32_t id = detail::resolve("floor_div", 1);
  return detail::call(c, id, {detail::argument(a), detail::argument(b)});
}
// a - b * floor_div(a, b), of b's sign, as Python's %; of an integer by 0 an error
inline Value remainder(Context& c, Value a, Value b) {
  static const uint32_t id = detail::resolve("remainder", 1);
  return detail::call(c, id, {detail::argument(a), detail::argument(b)});
}
// END generated
// clang-format on

}  // namespace vernier::ops
