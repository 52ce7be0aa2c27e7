#include "calibration/weight_observer.h"

#include <fmt/format.h>

#include <algorithm>
#include <atomic>
#include <vector>

#include "kernels/thread_pool.h"
#include "vernier/core/error.h"

namespace vernier::core {

namespace {

constexpr int64_t kGroups = 8;  // groups of channels that a thread shows before it comes back for more

// How a weight is cut before its observer sees it.
enum class Cut { kWhole, kRuns, kChannels, kRows };

// Along axis 0; at least one.
int64_t elements_of_row(const Tensor& values) { return values.elements() / all_rows(values).end; }

Cut cut_of(const LoadedObserver& loaded, const Spec& spec, const Tensor& values, int64_t piece) {
  if (values.elements() <= piece) return Cut::kWhole;
  if (spec.granularity == Granularity::kBlock)
    return loaded.has_independent_channels ? Cut::kChannels : Cut::kWhole;
  if (spec.granularity != Granularity::kChannel) return loaded.takes_pieces ? Cut::kRuns : Cut::kWhole;
  const auto rank = static_cast<int64_t>(values.shape.size());
  const int64_t axis = spec.axis < 0 ? spec.axis + rank : spec.axis;
  if (axis < 0 || axis >= rank) return Cut::kWhole;  // refused by the observer's construction
  if (axis == 0) return loaded.has_independent_channels ? Cut::kChannels : Cut::kWhole;
  return loaded.takes_pieces ? Cut::kRows : Cut::kWhole;
}

Shape with_rows(Shape shape, int64_t rows) {
  shape[0] = rows;
  return shape;
}

// Behind the channels before.
void append(QParams& all, const QParams& part, const std::string& site, const std::string& plugin) {
  if (all.is_float != part.is_float) {
    throw plugin_error("an observer whose channels are independent leaves some of them in float",
                       fmt::format("site {} (plugin {})", site, plugin),
                       "all channels of a tensor are codes, or none is");
  }
  all.scale.insert(all.scale.end(), part.scale.begin(), part.scale.end());
  all.zero_point.insert(all.zero_point.end(), part.zero_point.begin(), part.zero_point.end());
}

// Calls each(which) for runs of at most `piece` elements of [first, first + count), in order.
template <typename Each>
void for_runs(int64_t first, int64_t count, int64_t piece, Each each) {
  for (int64_t done = 0; done < count; done += piece)
    each(ElementRange{first + done, std::min(piece, count - done)});
}

}  // namespace

// A weight whose elements observers see; `name` is for messages. [any thread]
class WeightObserver::Shown {
 public:
  Shown(HostServices& services, const Tensor& values, const WeightName& name)
      : services_(services), values_(values), name_(name) {}

  [[nodiscard]] const Tensor& values() const { return values_; }
  [[nodiscard]] const std::string& site() const { return name_.site; }

  // `shape` has `which.count` elements; `buffer` is kept from piece to piece. Null: only looks for NaN.
  void show(Observer* observer, ElementRange which, Shape shape, Tensor& buffer) const {
    services_.control().check();
    const bool is_direct = values_.dtype == kFloat32;
    if (!is_direct && (!buffer.defined() || buffer.elements() < which.count))
      buffer = Tensor::allocate(kFloat32, {which.count});
    const std::byte* data = is_direct ? values_.data + which.first * 4 : buffer.data;
    const Tensor x{kFloat32, std::move(shape), data, is_direct ? values_.owner : buffer.owner};
    const ValueRange range = widen(which, x);
    if (observer != nullptr) observer->collect(x, range);
    if (values_.elements() > kStays) values_.let_go(which.first, which.count);
  }

 private:
  // Of a weight of at most this many elements, pages stay in the process: they are read again soon.
  static constexpr int64_t kStays = int64_t{1} << 26;
  // Elements that a thread widens and measures before it comes back for more.
  static constexpr int64_t kGrain = int64_t{1} << 16;

  // Fills `x` where it does not lie in the weight itself. Its range travels with it: the observer usually
  // asks for that.
  [[nodiscard]] ValueRange widen(ElementRange which, const Tensor& x) const {
    Device& device = services_.device();
    std::vector<ValueRange> ranges(static_cast<size_t>((which.count - 1) / kGrain + 1));
    std::atomic<bool> is_finite = true;
    services_.pool().parallel_for(0, which.count, kGrain, [&](int64_t begin, int64_t end) {
      auto* to = const_cast<float*>(x.as<float>()) + begin;
      if (values_.dtype != kFloat32) device.widen_elements(values_, {which.first + begin, end - begin}, to);
      ValueRange& range = ranges[static_cast<size_t>(begin / kGrain)];
      const Tensor part{kFloat32, {end - begin}, reinterpret_cast<const std::byte*>(to), x.owner};
      if (!device.range(part, -1, {&range.low, 1}, {&range.high, 1})) is_finite = false;
    });
    if (!is_finite) {
      throw data_error(fmt::format("tensor {} holds NaN or Inf", name_.tensor),
                       name_.site.empty() ? name_.tensor : "site " + name_.site, name_.hint);
    }
    ValueRange all = ranges.front();
    for (const ValueRange& one : ranges) all = {std::min(all.low, one.low), std::max(all.high, one.high)};
    return all;
  }

  HostServices& services_;
  const Tensor& values_;
  const WeightName& name_;
};

QParams WeightObserver::observe_groups(const LoadedObserver& loaded, const Spec& spec, const Shown& shown) {
  const Tensor& values = shown.values();
  const int64_t columns = elements_of_row(values), channels = values.shape[0];
  const int64_t step = std::max<int64_t>(1, piece_ / columns);
  std::vector<QParams> parts(static_cast<size_t>((channels - 1) / step + 1));
  services_.pool().parallel_for(0, channels, step * kGroups, [&](int64_t begin, int64_t end) {
    Tensor buffer;
    for (int64_t first = begin; first < end; first += step) {
      const int64_t count = std::min(step, end - first);
      const Shape shape = with_rows(values.shape, count);
      Observer observer(services_, loaded, spec, shape, shown.site(), first);
      if (columns > piece_ && loaded.takes_pieces) {
        for_runs(first * columns, columns, piece_, [&](ElementRange which) {
          shown.show(&observer, which, {1, which.count}, buffer);
        });
      } else {
        shown.show(&observer, {first * columns, count * columns}, shape, buffer);
      }
      parts[static_cast<size_t>(first / step)] = observer.qparams();
    }
  });
  QParams all = parts.front();
  for (size_t i = 1; i < parts.size(); ++i) append(all, parts[i], shown.site(), loaded.plugin);
  return all;
}

QParams WeightObserver::observe(const LoadedObserver& loaded, const Spec& spec, const Tensor& given,
                                const WeightName& name) {
  const Tensor values = as_observed(spec, given, name.site);
  const Shown shown(services_, values, name);
  const Cut cut = cut_of(loaded, spec, values, piece_);
  if (cut == Cut::kChannels) return observe_groups(loaded, spec, shown);
  Observer observer(services_, loaded, spec, values.shape, name.site);
  const int64_t elements = values.elements();
  const int64_t at_once = piece_ * services_.pool().threads();
  Tensor buffer;
  if (cut == Cut::kWhole) {
    shown.show(&observer, {0, elements}, values.shape, buffer);
  } else if (cut == Cut::kRuns) {
    for_runs(0, elements, at_once,
             [&](ElementRange which) { shown.show(&observer, which, {which.count}, buffer); });
  } else {
    const int64_t columns = elements_of_row(values);
    for_runs(0, elements, std::max<int64_t>(1, at_once / columns) * columns, [&](ElementRange which) {
      shown.show(&observer, which, with_rows(values.shape, which.count / columns), buffer);
    });
  }
  return observer.qparams();
}

void WeightObserver::require_finite(const Tensor& values, const WeightName& name) {
  const Shown shown(services_, values, name);
  Tensor buffer;
  for_runs(0, values.elements(), piece_ * services_.pool().threads(),
           [&](ElementRange which) { shown.show(nullptr, which, {which.count}, buffer); });
}

uint64_t WeightObserver::float_bytes(const LoadedObserver& loaded, const Spec& spec, const Tensor& given,
                                     int64_t piece) {
  const Tensor values = as_observed(spec, given, {});
  if (values.dtype == kFloat32) return 0;
  const auto all = static_cast<uint64_t>(values.elements()) * 4;
  const auto at_once = static_cast<uint64_t>(piece) * 4;
  switch (cut_of(loaded, spec, values, piece)) {
    case Cut::kWhole:
      return all;
    case Cut::kRuns:
      return at_once;
    case Cut::kChannels:
      if (loaded.takes_pieces) return at_once;
      break;
    case Cut::kRows:
      break;
  }
  return std::max(at_once, static_cast<uint64_t>(elements_of_row(values)) * 4);
}

ZeroCodes zero_codes(const Tensor& values, const QParams& qparams, Device& device) {
  constexpr int64_t kBetween = int64_t{1} << 24;  // elements whose pages may stay behind
  int64_t passed = 0;                             // before it, none is read again
  ZeroCodes result = zero_codes(values.shape, qparams, [&](int64_t first, int64_t count, float* to) {
    device.widen_elements(values, {first, count}, to);
    if (first - passed < kBetween) return;
    values.let_go(0, values.elements());
    passed = first;
  });
  if (passed > 0) values.let_go(0, values.elements());
  return result;
}

}  // namespace vernier::core
