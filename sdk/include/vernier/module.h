// Declaring a module: what a wrapper's constructor does.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "vernier/abi/module.h"
#include "vernier/config.h"
#include "vernier/context.h"
#include "vernier/dtype.h"
#include "vernier/options.h"

namespace vernier {

// What a wrapper wants for a site where the recipe's rules say nothing. Unset fields come from the recipe's
// role default.
struct SiteDefaults {
  DType dtype;
  int32_t scheme = VERNIER_SCHEME_UNSET;
  int32_t granularity = VERNIER_GRANULARITY_UNSET;
  int64_t axis = 0;
  std::string_view observer;
};

// One scale per index of `axis`.
inline SiteDefaults per_channel(int64_t axis) {
  SiteDefaults defaults;
  defaults.granularity = VERNIER_GRANULARITY_CHANNEL;
  defaults.axis = axis;
  return defaults;
}
// One scale.
inline SiteDefaults per_tensor() {
  SiteDefaults defaults;
  defaults.granularity = VERNIER_GRANULARITY_TENSOR;
  return defaults;
}

// A declared child; call it to run its forward.
class Child {
 public:
  Child() = default;
  explicit Child(vernier_module handle) : handle_(handle) {}

  template <typename... Values>
  Value operator()(Context& c, Values... inputs) const {
    return run(c, "forward", {inputs...}).at(0);
  }
  std::vector<Value> run(Context& c, std::string_view entry, const std::vector<Value>& inputs) const {
    std::vector<vernier_value> in;
    in.reserve(inputs.size());
    for (Value v : inputs) in.push_back(v.handle());
    vernier_value out[kMaximumOutputs];
    uint64_t count = 0;
    check(Context::table().forward(host_context(), c.handle(), handle_, to_abi(entry), in.data(), in.size(),
                                   out, kMaximumOutputs, &count));
    std::vector<Value> result;
    for (uint64_t i = 0; i < count; ++i) result.emplace_back(out[i]);
    return result;
  }

 private:
  static constexpr uint64_t kMaximumOutputs = 64;
  vernier_module handle_ = VERNIER_NULL_HANDLE;
};

class Module {
 public:
  explicit Module(vernier_module handle) : handle_(handle) {
    vernier_string json{};
    check(table().config(host_context(), handle_, &json));
    config_ = Options(std::string(to_view(json)));
  }

  [[nodiscard]] const Options& config() const { return config_; }

  // The checkpoint's "<module path>.<name>". Observed at the site of the same name, as `defaults` say. -1 in
  // `shape`: any extent.
  Parameter parameter(std::string_view name, const std::vector<int64_t>& shape, SiteDefaults defaults = {}) {
    const vernier_site_declaration site = declaration(name, VERNIER_ROLE_WEIGHT, defaults);
    return declare(name, shape, &site, 0, 0);
  }
  // Not in the checkpoint: every element is `fill`. Observed like any other parameter.
  Parameter filled(std::string_view name, const std::vector<int64_t>& shape, double fill,
                   SiteDefaults defaults = {}, int32_t role = VERNIER_ROLE_WEIGHT) {
    const vernier_site_declaration site = declaration(name, role, defaults);
    return declare(name, shape, &site, fill, VERNIER_PARAMETER_FILL);
  }
  // Float in runs, exported as an integer with scale s_input * s_weight[i].
  Parameter bias(std::string_view name, const std::vector<int64_t>& shape) {
    return declare(name, shape, nullptr, 0, VERNIER_PARAMETER_BIAS);
  }
  // Never quantized.
  Parameter constant(std::string_view name, const std::vector<int64_t>& shape) {
    return declare(name, shape, nullptr, 0, 0);
  }

  // A number that the checkpoint keeps as a one-element tensor.
  double scalar(std::string_view name) {
    double result = 0;
    check(table().scalar(host_context(), handle_, to_abi(name), &result));
    return result;
  }

  Site site(std::string_view name, SiteDefaults defaults = {}) {
    const vernier_site_declaration wanted = declaration(name, VERNIER_ROLE_ACTIVATION, defaults);
    vernier_site result = VERNIER_NULL_HANDLE;
    check(table().site(host_context(), handle_, &wanted, &result));
    return Site(result);
  }

  Child child(std::string_view name, std::string_view type, const Config& config) {
    vernier_module result = VERNIER_NULL_HANDLE;
    check(table().child(host_context(), handle_, to_abi(name), to_abi(type), to_abi(config.json()), &result));
    return Child(result);
  }

 private:
  static const vernier_module_interface& table() {
    static const auto& found = interface<vernier_module_interface>(VERNIER_MODULE);
    return found;
  }
  static vernier_site_declaration declaration(std::string_view name, int32_t role,
                                              const SiteDefaults& defaults) {
    vernier_site_declaration result{};
    result.size = VERNIER_SIZE_UP_TO(vernier_site_declaration, observer);
    result.name = to_abi(name);
    result.role = role;
    result.dtype = defaults.dtype;
    result.scheme = defaults.scheme;
    result.granularity = defaults.granularity;
    result.axis = defaults.axis;
    result.observer = to_abi(defaults.observer);
    return result;
  }
  Parameter declare(std::string_view name, const std::vector<int64_t>& shape,
                    const vernier_site_declaration* site, double fill, uint32_t flags) {
    vernier_parameter_declaration wanted{};
    wanted.size = VERNIER_SIZE_UP_TO(vernier_parameter_declaration, reserved);
    wanted.name = to_abi(name);
    wanted.shape = shape.data();
    wanted.rank = shape.size();
    wanted.site = site;
    wanted.fill = fill;
    wanted.flags = flags;
    vernier_parameter result = VERNIER_NULL_HANDLE;
    check(table().parameter(host_context(), handle_, &wanted, &result));
    return Parameter(result);
  }

  vernier_module handle_;
  Options config_;
};

}  // namespace vernier
