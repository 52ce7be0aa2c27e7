// Writing an observer. Most watch a range: derive from RangeObserver and say how two ranges become one.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <type_traits>
#include <vector>

#include "vernier/abi/kernels.h"
#include "vernier/abi/observer.h"
#include "vernier/dtype.h"
#include "vernier/options.h"
#include "vernier/plugin.h"
#include "vernier/tensor.h"

namespace vernier {

// `T(const vernier_spec&, const Options&)`. One instance a site.
class Observer {
 public:
  explicit Observer(const vernier_spec& spec) : spec_(spec) {}
  virtual ~Observer() = default;

  virtual void reset() = 0;
  virtual void collect(const TensorView& x) = 0;
  // Fills `result`; throws VERNIER_FAILED_PRECONDITION when nothing was collected.
  virtual void qparams(vernier_qparams& result) = 0;

 protected:
  [[nodiscard]] const vernier_spec& spec() const { return spec_; }

 private:
  vernier_spec spec_;
};

struct Range {
  float low;
  float high;
};

// Keeps one range per scale; the host's kernels measure each tensor and turn the ranges into qparams.
class RangeObserver : public Observer {
 public:
  explicit RangeObserver(const vernier_spec& spec) : Observer(spec) {}

  void reset() override { low_.clear(), high_.clear(); }
  void collect(const TensorView& x) override {
    const size_t count = static_cast<size_t>(spec().count);
    std::vector<float> low(count), high(count);
    check(kernels().range(host_context(), &x.abi(), spec().axis, low.data(), high.data(), spec().count));
    for (size_t i = 0; i < low_.size(); ++i) {
      const Range merged = merge({low_[i], high_[i]}, {low[i], high[i]});
      low[i] = merged.low;
      high[i] = merged.high;
    }
    low_.swap(low), high_.swap(high);
  }
  void qparams(vernier_qparams& result) override {
    if (low_.empty()) throw Error(VERNIER_FAILED_PRECONDITION, "nothing was collected");
    check(kernels().affine(host_context(), &spec(), low_.data(), high_.data(), result.scale,
                           result.zero_point));
  }

 protected:
  // The range after `batch` joins what was `seen`; not called for the first tensor, whose range is taken as
  // it is.
  virtual Range merge(Range seen, Range batch) = 0;

  static const vernier_kernels_interface& kernels() {
    static const auto& found = interface<vernier_kernels_interface>(VERNIER_KERNELS);
    return found;
  }

 private:
  std::vector<float> low_, high_;  // empty until the first tensor
};

namespace detail {

template <typename T>
struct ObserverThunks {
  static vernier_status create(const vernier_host*, const vernier_spec* spec, vernier_string options,
                               void** instance) noexcept {
    return guarded([&] { *instance = new T(*spec, Options(std::string(to_view(options)))); });
  }
  static void destroy(void* instance) noexcept { delete static_cast<T*>(instance); }
  static vernier_status reset(void* instance) noexcept {
    return guarded([&] { static_cast<T*>(instance)->reset(); });
  }
  static vernier_status collect(void* instance, const vernier_tensor* x) noexcept {
    return guarded([&] { static_cast<T*>(instance)->collect(TensorView(*x)); });
  }
  static vernier_status qparams(void* instance, vernier_qparams* result) noexcept {
    return guarded([&] { static_cast<T*>(instance)->qparams(*result); });
  }
  static constexpr vernier_observer table = {
      VERNIER_SIZE_UP_TO(vernier_observer, qparams), &create, &destroy, &reset, &collect, &qparams};
};

}  // namespace detail

template <typename T>
constexpr Component observer(std::string_view name) {
  static_assert(std::is_base_of_v<Observer, T>, "an observer derives from vernier::Observer");
  return {VERNIER_OBSERVER, name, &detail::ObserverThunks<T>::table};
}

}  // namespace vernier
