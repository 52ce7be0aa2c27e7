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
  int64_t block_size = 0;
  std::string_view observer;
  double low = 0, high = 0;
  bool has_range = false;

  // What the values lie between, whatever the sample (a mask, a table, pixels): the observer sees these two
  // numbers once and no sample. Since ABI 1.2: an older host observes samples.
  [[nodiscard]] SiteDefaults range(double least, double greatest) const {
    SiteDefaults result = *this;
    result.low = least;
    result.high = greatest;
    result.has_range = true;
    return result;
  }
};

// One scale per index of `axis`.
inline SiteDefaults per_channel(int64_t axis) {
  SiteDefaults defaults;
  defaults.granularity = VERNIER_GRANULARITY_CHANNEL;
  defaults.axis = axis;
  return defaults;
}
// One scale for each run of `block_size` elements along the last axis of a weight. Since ABI 1.2.
inline SiteDefaults per_block(int64_t block_size) {
  SiteDefaults defaults;
  defaults.granularity = VERNIER_GRANULARITY_BLOCK;
  defaults.block_size = block_size;
  return defaults;
}
// One scale.
inline SiteDefaults per_tensor() {
  SiteDefaults defaults;
  defaults.granularity = VERNIER_GRANULARITY_TENSOR;
  return defaults;
}

// Where a parameter's elements are, if not under its own name: `Source().tensor("qkv.weight").part(0, 0,
// 64)`. Since ABI 1.2.
class Source {
 public:
  // The checkpoint's "<module path>.<key>".
  Source& tensor(std::string_view key) { return set(tensor_, key); }
  // A whole key of the checkpoint, read where the own one is absent: tied weights.
  Source& alias(std::string_view key) { return set(alias_, key); }
  // Indices [begin, end) of an axis of that tensor, as of a fused one; the parameter's shape is the part's.
  Source& part(int64_t axis, int64_t begin, int64_t end) {
    if (begin < 0 || begin >= end) throw invalid_argument("a part has 0 <= begin < end");
    axis_ = axis;
    begin_ = begin;
    end_ = end;
    return *this;
  }

 private:
  friend class Module;
  Source& set(std::string& to, std::string_view key) {
    to = std::string(key);
    return *this;
  }
  [[nodiscard]] bool is_elsewhere() const { return !tensor_.empty() || !alias_.empty() || end_ > 0; }

  std::string tensor_, alias_;
  int64_t axis_ = 0, begin_ = 0, end_ = 0;
};

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
  // Where the module is in the checkpoint ("model.layers.0"; empty: its root). A whole path of a tie or an
  // alias begins with it.
  [[nodiscard]] std::string path() const {
    vernier_string result{};
    check(table().path(host_context(), handle_, &result));
    return std::string(to_view(result));
  }

  // The checkpoint's "<module path>.<name>". Observed at the site of the same name, as `defaults` say. -1 in
  // `shape`: any extent. `source`: where it is in the checkpoint, if not there.
  Parameter parameter(std::string_view name, const std::vector<int64_t>& shape, SiteDefaults defaults = {},
                      const Source& source = {}) {
    const vernier_site_declaration site = declaration(name, VERNIER_ROLE_WEIGHT, defaults);
    return declare(name, shape, &site, 0, 0, source);
  }
  // Not in the checkpoint: every element is `fill`. Observed like any other parameter.
  Parameter filled(std::string_view name, const std::vector<int64_t>& shape, double fill,
                   SiteDefaults defaults = {}, int32_t role = VERNIER_ROLE_WEIGHT) {
    const vernier_site_declaration site = declaration(name, role, defaults);
    return declare(name, shape, &site, fill, VERNIER_PARAMETER_FILL);
  }
  // Float in runs, exported as an integer with scale s_input * s_weight[i].
  Parameter bias(std::string_view name, const std::vector<int64_t>& shape, const Source& source = {}) {
    return declare(name, shape, nullptr, 0, VERNIER_PARAMETER_BIAS, source);
  }
  // Without a site: float as it is, or part of a constant that the forward makes and quantizes.
  Parameter constant(std::string_view name, const std::vector<int64_t>& shape, const Source& source = {}) {
    return declare(name, shape, nullptr, 0, 0, source);
  }

  // A number that the checkpoint keeps as a one-element tensor.
  double scalar(std::string_view name) {
    double result = 0;
    check(table().scalar(host_context(), handle_, to_abi(name), &result));
    return result;
  }

  Site site(std::string_view name, SiteDefaults defaults = {}) {
    return declare_site(declaration(name, VERNIER_ROLE_ACTIVATION, defaults));
  }

  // A site for a constant that the forward makes of parameters (a permuted weight, a slice of a fused one, a
  // sum with LoRA's product): gets what the recipe says of weights, and sees that constant once and no
  // sample.
  Site weight_site(std::string_view name, SiteDefaults defaults = {}) {
    return declare_site(declaration(name, VERNIER_ROLE_WEIGHT, defaults));
  }

  // `site` gets the spec and the qparams of the site at `path`, whose observer alone sees tensors. `path` is
  // looked up below this module first ("child/act_out", "act_in"), then as a whole path; it may be declared
  // later. Throws Error where a host before ABI 1.2 has no ties.
  void tie(Site site, std::string_view path) {
    if (!VERNIER_HAS(vernier_module_interface, &table(), tie))
      throw unimplemented("this host is older than ABI 1.2 and has no ties");
    check(table().tie(host_context(), handle_, site.handle(), to_abi(path)));
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
    result.size = VERNIER_SIZE_UP_TO(vernier_site_declaration, block_rank);
    result.name = to_abi(name);
    result.role = role;
    result.dtype = defaults.dtype;
    result.scheme = defaults.scheme;
    result.granularity = defaults.granularity;
    result.axis = defaults.axis;
    result.observer = to_abi(defaults.observer);
    result.low = defaults.low;
    result.high = defaults.high;
    result.has_range = defaults.has_range ? 1 : 0;
    if (defaults.granularity == VERNIER_GRANULARITY_BLOCK) {
      if (!Context::has_tables()) throw unimplemented("this host is older than ABI 1.2 and has no blocks");
      result.block = &defaults.block_size;  // as long as `defaults`
      result.block_rank = 1;
    }
    return result;
  }
  Site declare_site(const vernier_site_declaration& wanted) {
    vernier_site result = VERNIER_NULL_HANDLE;
    check(table().site(host_context(), handle_, &wanted, &result));
    return Site(result);
  }
  Parameter declare(std::string_view name, const std::vector<int64_t>& shape,
                    const vernier_site_declaration* site, double fill, uint32_t flags,
                    const Source& source = {}) {
    if (source.is_elsewhere() && !Context::has_tables())
      throw unimplemented("this host is older than ABI 1.2: a parameter is one whole tensor of its name");
    vernier_parameter_declaration wanted{};
    wanted.size = VERNIER_SIZE_UP_TO(vernier_parameter_declaration, end);
    wanted.name = to_abi(name);
    wanted.shape = shape.data();
    wanted.rank = shape.size();
    wanted.site = site;
    wanted.fill = fill;
    wanted.flags = flags;
    wanted.tensor = to_abi(source.tensor_);
    wanted.alias = to_abi(source.alias_);
    wanted.axis = source.axis_;
    wanted.begin = source.begin_;
    wanted.end = source.end_;
    vernier_parameter result = VERNIER_NULL_HANDLE;
    check(table().parameter(host_context(), handle_, &wanted, &result));
    return Parameter(result);
  }

  vernier_module handle_;
  Options config_;
};

}  // namespace vernier
