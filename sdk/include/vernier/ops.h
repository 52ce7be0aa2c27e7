// The host's operators as functions. Shapes and meaning: vernier/abi/ops.h. All: [the forward's thread &
// running]
#pragma once

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

inline uint32_t resolve(std::string_view name) {
  uint32_t id = 0;
  check(table().resolve(host_context(), to_abi(name), 1, &id));
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

inline Value call(Context& c, uint32_t id, std::initializer_list<vernier_argument> arguments) {
  vernier_value result = VERNIER_NULL_HANDLE;
  check(table().call(host_context(), c.handle(), id, arguments.begin(), arguments.size(), &result, 1));
  return Value(result);
}

}  // namespace detail

#define VERNIER_OP_UNARY(name)                         \
  inline Value name(Context& c, Value x) {             \
    static const uint32_t id = detail::resolve(#name); \
    return detail::call(c, id, {detail::argument(x)}); \
  }
#define VERNIER_OP_BINARY(name)                                             \
  inline Value name(Context& c, Value a, Value b) {                         \
    static const uint32_t id = detail::resolve(#name);                      \
    return detail::call(c, id, {detail::argument(a), detail::argument(b)}); \
  }
VERNIER_OP_UNARY(neg)
VERNIER_OP_UNARY(rsqrt)
VERNIER_OP_UNARY(sqrt)
VERNIER_OP_UNARY(silu)
VERNIER_OP_UNARY(sigmoid)
VERNIER_OP_UNARY(tanh)
VERNIER_OP_UNARY(relu)
VERNIER_OP_BINARY(matmul)
VERNIER_OP_BINARY(add)
VERNIER_OP_BINARY(sub)
VERNIER_OP_BINARY(mul)
VERNIER_OP_BINARY(div)
#undef VERNIER_OP_UNARY
#undef VERNIER_OP_BINARY

inline Value linear(Context& c, Value x, Value weight, Value bias = {}) {
  static const uint32_t id = detail::resolve("linear");
  return detail::call(c, id, {detail::argument(x), detail::argument(weight), detail::argument(bias)});
}
inline Value mean(Context& c, Value x, const std::vector<int64_t>& axes, bool keep_dims) {
  static const uint32_t id = detail::resolve("mean");
  return detail::call(c, id,
                      {detail::argument(x), detail::argument(axes), detail::argument(int64_t{keep_dims})});
}
inline Value reshape(Context& c, Value x, const std::vector<int64_t>& shape) {
  static const uint32_t id = detail::resolve("reshape");
  return detail::call(c, id, {detail::argument(x), detail::argument(shape)});
}
inline Value permute(Context& c, Value x, const std::vector<int64_t>& axes) {
  static const uint32_t id = detail::resolve("permute");
  return detail::call(c, id, {detail::argument(x), detail::argument(axes)});
}
inline Value slice(Context& c, Value x, int64_t axis, int64_t begin, int64_t end) {
  static const uint32_t id = detail::resolve("slice");
  return detail::call(
      c, id, {detail::argument(x), detail::argument(axis), detail::argument(begin), detail::argument(end)});
}
inline Value concat(Context& c, const std::vector<Value>& xs, int64_t axis) {
  static const uint32_t id = detail::resolve("concat");
  std::vector<uint64_t> handles;
  for (Value x : xs) handles.push_back(x.handle());
  vernier_argument values{};
  values.kind = VERNIER_ARGUMENT_VALUES;
  values.count = static_cast<uint32_t>(handles.size());
  values.as.handles = handles.data();
  return detail::call(c, id, {values, detail::argument(axis)});
}
inline Value softmax(Context& c, Value x, int64_t axis) {
  static const uint32_t id = detail::resolve("softmax");
  return detail::call(c, id, {detail::argument(x), detail::argument(axis)});
}
// `approximate`: "none" (erf) or "tanh".
inline Value gelu(Context& c, Value x, std::string_view approximate) {
  static const uint32_t id = detail::resolve("gelu");
  return detail::call(c, id, {detail::argument(x), detail::argument(approximate)});
}
inline Value clamp(Context& c, Value x, double low, double high) {
  static const uint32_t id = detail::resolve("clamp");
  return detail::call(c, id, {detail::argument(x), detail::argument(low), detail::argument(high)});
}
inline Value rms_norm(Context& c, Value x, Value weight, double eps) {
  static const uint32_t id = detail::resolve("rms_norm");
  return detail::call(c, id, {detail::argument(x), detail::argument(weight), detail::argument(eps)});
}
// `weight` and `bias` may be empty.
inline Value layer_norm(Context& c, Value x, Value weight, Value bias, double eps) {
  static const uint32_t id = detail::resolve("layer_norm");
  return detail::call(
      c, id, {detail::argument(x), detail::argument(weight), detail::argument(bias), detail::argument(eps)});
}
inline Value embedding(Context& c, Value weight, Value indices) {
  static const uint32_t id = detail::resolve("embedding");
  return detail::call(c, id, {detail::argument(weight), detail::argument(indices)});
}

}  // namespace vernier::ops
