// Writing an observer. Most watch a range: derive from RangeObserver and say how two ranges become one.
//
// One whose state can be kept, so that a later run with another dtype need not calibrate again, overrides
// save() and load() and names its state in the manifest: "capabilities": {"state": "range"}.
#pragma once

#include <algorithm>
#include <cstdint>
#include <cstring>
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
  explicit Observer(const vernier_spec& spec)
      : spec_(spec),
        site_(to_view(spec.site)),
        block_(spec.block, spec.block == nullptr ? spec.block : spec.block + spec.block_rank) {
    spec_.site = to_abi(site_);
    spec_.block = block_.data();
  }
  Observer(const Observer&) = delete;
  Observer& operator=(const Observer&) = delete;
  virtual ~Observer() = default;

  virtual void reset() = 0;
  virtual void collect(const TensorView& x) = 0;
  // Fills `result`; throws VERNIER_FAILED_PRECONDITION when nothing was collected.
  virtual void qparams(vernier_qparams& result) = 0;
  // What was collected, as bytes that depend on neither dtype nor scheme; see vernier_observer::save. Throws
  // VERNIER_FAILED_PRECONDITION when nothing was collected.
  [[nodiscard]] virtual std::string save() const { throw unimplemented("this observer's state is not kept"); }
  // Goes on where the observer that gave `state` was; see vernier_observer::load. Throws
  // VERNIER_FAILED_PRECONDITION where other options made it, VERNIER_DATA_LOSS where it is no such state.
  virtual void load(std::string_view) { throw unimplemented("this observer's state is not kept"); }

 protected:
  [[nodiscard]] const vernier_spec& spec() const { return spec_; }
  // "<module path>/<site>"; empty from a host before ABI 1.2.
  [[nodiscard]] const std::string& site() const { return site_; }
  // The shape over which one scale holds, see abi/qparams.h; empty from a host before ABI 1.2.
  [[nodiscard]] const std::vector<int64_t>& block() const { return block_; }

 private:
  vernier_spec spec_;
  std::string site_;
  std::vector<int64_t> block_;
};

// Numbers one after the other in a state's bytes; both ends are one machine.
class StateWriter {
 public:
  template <typename T>
  StateWriter& add(const T* values, size_t count) {
    static_assert(std::is_arithmetic_v<T>);
    if (count != 0) bytes_.append(reinterpret_cast<const char*>(values), count * sizeof(T));
    return *this;
  }
  [[nodiscard]] std::string take() { return std::move(bytes_); }

 private:
  std::string bytes_;
};

// Throws VERNIER_DATA_LOSS where the bytes end too early, or done() finds some left.
class StateReader {
 public:
  explicit StateReader(std::string_view bytes) : bytes_(bytes) {}

  template <typename T>
  void read(T* values, size_t count) {
    static_assert(std::is_arithmetic_v<T>);
    if (bytes_.size() / sizeof(T) < count) throw Error(VERNIER_DATA_LOSS, "the kept state is too short");
    if (count != 0) std::memcpy(values, bytes_.data(), count * sizeof(T));
    bytes_.remove_prefix(count * sizeof(T));
  }
  void done() const {
    if (!bytes_.empty()) throw Error(VERNIER_DATA_LOSS, "the kept state is too long");
  }

 private:
  std::string_view bytes_;
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

  // For save() and load() of a class whose ranges are all that it keeps.
  [[nodiscard]] std::string save_ranges() const {
    if (low_.empty()) throw Error(VERNIER_FAILED_PRECONDITION, "nothing was collected");
    return StateWriter().add(low_.data(), low_.size()).add(high_.data(), high_.size()).take();
  }
  void load_ranges(std::string_view state) {
    std::vector<float> low(static_cast<size_t>(spec().count)), high(low.size());
    StateReader reader(state);
    reader.read(low.data(), low.size());
    reader.read(high.data(), high.size());
    reader.done();
    low_.swap(low), high_.swap(high);
  }

  static const vernier_kernels_interface& kernels() {
    static const auto& found = interface<vernier_kernels_interface>(VERNIER_KERNELS);
    return found;
  }

 private:
  std::vector<float> low_, high_;  // empty until the first tensor
};

namespace detail {

// An observer and the bytes that its last save() gave.
template <typename T>
struct ObserverInstance {
  T observer;
  std::string saved;
};

template <typename T>
struct ObserverThunks {
  using Instance = ObserverInstance<T>;
  static T& observer(void* instance) { return static_cast<Instance*>(instance)->observer; }

  static vernier_status create(const vernier_host*, const vernier_spec* spec, vernier_string options,
                               void** instance) noexcept {
    return guarded([&] {
      vernier_spec known{};  // an older host's is shorter
      std::memcpy(static_cast<void*>(&known), spec, std::min<size_t>(sizeof known, spec->size));
      known.size = std::min<uint64_t>(spec->size, VERNIER_SIZE_UP_TO(vernier_spec, block_rank));
      *instance = new Instance{T(known, Options(std::string(to_view(options)))), {}};
    });
  }
  static void destroy(void* instance) noexcept { delete static_cast<Instance*>(instance); }
  static vernier_status reset(void* instance) noexcept {
    return guarded([&] { observer(instance).reset(); });
  }
  static vernier_status collect(void* instance, const vernier_tensor* x) noexcept {
    return guarded([&] { observer(instance).collect(TensorView(*x)); });
  }
  static vernier_status qparams(void* instance, vernier_qparams* result) noexcept {
    return guarded([&] { observer(instance).qparams(*result); });
  }
  static vernier_status save(void* instance, const void** state, uint64_t* length) noexcept {
    return guarded([&] {
      std::string& saved = static_cast<Instance*>(instance)->saved;
      saved = observer(instance).save();
      *state = saved.data();
      *length = saved.size();
    });
  }
  static vernier_status load(void* instance, const void* state, uint64_t length) noexcept {
    return guarded([&] { observer(instance).load({static_cast<const char*>(state), length}); });
  }
  static constexpr vernier_observer table = {VERNIER_SIZE_UP_TO(vernier_observer, load),
                                             &create,
                                             &destroy,
                                             &reset,
                                             &collect,
                                             &qparams,
                                             &save,
                                             &load};
};

}  // namespace detail

template <typename T>
constexpr Component observer(std::string_view name) {
  static_assert(std::is_base_of_v<Observer, T>, "an observer derives from vernier::Observer");
  return {VERNIER_OBSERVER, name, &detail::ObserverThunks<T>::table};
}

}  // namespace vernier
