// A running forward and the values in it.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <type_traits>
#include <vector>

#include "vernier/abi/context.h"
#include "vernier/dtype.h"
#include "vernier/host.h"

namespace vernier {

class Context;

// A tensor of the running forward. Opaque: its data cannot be read. Dies with the forward.
class Value {
 public:
  Value() = default;
  explicit Value(vernier_value handle) : handle_(handle) {}
  [[nodiscard]] vernier_value handle() const { return handle_; }
  // False for an absent optional argument.
  explicit operator bool() const { return handle_ != VERNIER_NULL_HANDLE; }

 private:
  vernier_value handle_ = VERNIER_NULL_HANDLE;
};

class Parameter {
 public:
  Parameter() = default;
  explicit Parameter(vernier_parameter handle) : handle_(handle) {}
  [[nodiscard]] vernier_parameter handle() const { return handle_; }
  explicit operator bool() const { return handle_ != VERNIER_NULL_HANDLE; }

 private:
  vernier_parameter handle_ = VERNIER_NULL_HANDLE;
};

class Site {
 public:
  Site() = default;
  explicit Site(vernier_site handle) : handle_(handle) {}
  [[nodiscard]] vernier_site handle() const { return handle_; }

 private:
  vernier_site handle_ = VERNIER_NULL_HANDLE;
};

class Context {
 public:
  explicit Context(vernier_context handle) : handle_(handle) {}
  [[nodiscard]] vernier_context handle() const { return handle_; }

  // Wherever quantization applies. What it does is the host's business: nothing where the graph runs in
  // float, observing while calibrating, fake quantization after that.
  Value quantize(Site site, Value x) {
    vernier_value result = VERNIER_NULL_HANDLE;
    check(table().quantize(host_context(), handle_, site.handle(), x.handle(), &result));
    return Value(result);
  }
  // The same, and while calibrating only the rows of `x` where `where` is true are observed: bool, with the
  // extents of the first axes of `x`. For pad rows, empty slots of a cache, what a router sent elsewhere.
  // Throws Error where a host before ABI 1.2 would observe all.
  Value quantize(Site site, Value x, Value where) {
    if (!VERNIER_HAS(vernier_context_interface, &table(), quantize_where))
      throw unimplemented("this host is older than ABI 1.2 and observes all rows");
    vernier_value result = VERNIER_NULL_HANDLE;
    check(
        table().quantize_where(host_context(), handle_, site.handle(), x.handle(), where.handle(), &result));
    return Value(result);
  }
  // The parameter. For an absent optional one: an empty Value.
  Value weight(Parameter parameter) {
    if (!parameter) return {};
    vernier_value result = VERNIER_NULL_HANDLE;
    check(table().weight(host_context(), handle_, parameter.handle(), &result));
    return Value(result);
  }
  // A constant of numbers that the wrapper computes from its config and from shapes: RoPE's cos and sin, a
  // causal mask. T: float, int32_t, int64_t, or bool. The same name again gives the same constant. Throws
  // Error where a host before ABI 1.2 has no tables, and for values that do not fill the shape.
  template <typename T>
  Value table(std::string_view name, const std::vector<int64_t>& shape, const std::vector<T>& values) {
    if constexpr (std::is_same_v<T, bool>) {
      const std::vector<uint8_t> bytes(values.begin(), values.end());
      return table(name, shape, kBool, bytes.data(), bytes.size());
    } else {
      return table(name, shape, dtype_of<T>(), values.data(), values.size());
    }
  }
  std::vector<int64_t> shape(Value x) {
    std::vector<int64_t> dims(8);
    uint64_t rank = 0;
    check(table().shape(host_context(), handle_, x.handle(), dims.data(), dims.size(), &rank));
    dims.resize(static_cast<size_t>(rank));
    return dims;
  }
  DType dtype(Value x) {
    vernier_dtype result{};
    check(table().dtype(host_context(), handle_, x.handle(), &result));
    return result;
  }

  // False where the host is older than ABI 1.2.
  static bool has_tables() { return VERNIER_HAS(vernier_context_interface, &table(), table); }

  static const vernier_context_interface& table() {
    static const auto& found = interface<vernier_context_interface>(VERNIER_CONTEXT);
    return found;
  }

 private:
  template <typename T>
  static constexpr DType dtype_of() {
    static_assert(std::is_same_v<T, float> || std::is_same_v<T, int32_t> || std::is_same_v<T, int64_t>,
                  "tables are of float, int32_t, int64_t or bool");
    return std::is_same_v<T, float> ? kFloat32 : std::is_same_v<T, int32_t> ? kInt32 : kInt64;
  }
  // Whether the product of the extents is `count`; it may be more than an integer holds.
  static bool fills(const std::vector<int64_t>& shape, uint64_t count) {
    uint64_t elements = 1;
    bool is_empty = false;
    for (int64_t extent : shape) {
      if (extent < 0) return false;
      is_empty = is_empty || extent == 0;
    }
    if (is_empty) return count == 0;
    for (int64_t extent : shape) {
      if (static_cast<uint64_t>(extent) > count / elements) return false;
      elements *= static_cast<uint64_t>(extent);
    }
    return elements == count;
  }
  Value table(std::string_view name, const std::vector<int64_t>& shape, DType dtype, const void* data,
              size_t count) {
    if (!has_tables()) throw unimplemented("this host is older than ABI 1.2 and has no tables");
    if (!fills(shape, count)) {
      std::string extents;
      for (int64_t extent : shape) extents += (extents.empty() ? "" : ", ") + std::to_string(extent);
      throw invalid_argument("table " + std::string(name) + " has " + std::to_string(count) +
                             " values, which do not fill its shape [" + extents + "]");
    }
    vernier_tensor values{};
    values.size = VERNIER_SIZE_UP_TO(vernier_tensor, flags);
    values.data = data;
    values.shape = shape.data();
    values.rank = shape.size();
    values.dtype = dtype;
    vernier_value result = VERNIER_NULL_HANDLE;
    check(table().table(host_context(), handle_, to_abi(name), &values, &result));
    return Value(result);
  }

  vernier_context handle_;
};

}  // namespace vernier
