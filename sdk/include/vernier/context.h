// A running forward and the values in it.
#pragma once

#include <cstdint>
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
  // The parameter. For an absent optional one: an empty Value.
  Value weight(Parameter parameter) {
    if (!parameter) return {};
    vernier_value result = VERNIER_NULL_HANDLE;
    check(table().weight(host_context(), handle_, parameter.handle(), &result));
    return Value(result);
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

  static const vernier_context_interface& table() {
    static const auto& found = interface<vernier_context_interface>(VERNIER_CONTEXT);
    return found;
  }

 private:
  vernier_context handle_;
};

}  // namespace vernier
