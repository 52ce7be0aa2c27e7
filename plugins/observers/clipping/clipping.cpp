// Observers that give up a few far elements for a finer step: percentile cuts a share of them, mse weighs
// their error against the rounding of the rest. One scale for the tensor.
#include <vernier/observer.h>

#include <limits>

#include "histogram.h"

namespace {

using vernier::Range;

class HistogramObserver : public vernier::RangeObserver {
 public:
  HistogramObserver(const vernier_spec& spec, const char* name) : RangeObserver(spec) {
    if (spec.count != 1)
      throw vernier::unimplemented(
          std::string(name) +
          " observes one scale for a tensor; set the granularity to tensor, or the observer to minmax");
  }
  void reset() override { histogram_.clear(); }
  void collect(const vernier::TensorView& x) override {
    float low = 0;
    float high = 0;
    vernier::check(kernels().range(vernier::host_context(), &x.abi(), -1, &low, &high, 1));
    histogram_.add(kernels(), x.abi(), low, high);
  }
  void qparams(vernier_qparams& result) override {
    if (histogram_.empty()) throw vernier::Error(VERNIER_FAILED_PRECONDITION, "nothing was collected");
    const Range range = clip(histogram_);
    vernier::check(kernels().affine(vernier::host_context(), &spec(), &range.low, &range.high, result.scale,
                                    result.zero_point));
  }
  [[nodiscard]] std::string save() const override {
    if (histogram_.empty()) throw vernier::Error(VERNIER_FAILED_PRECONDITION, "nothing was collected");
    vernier::StateWriter state;
    histogram_.save(state);
    return state.take();
  }
  void load(std::string_view state) override {
    vernier::StateReader reader(state);
    histogram_.load(reader);
    reader.done();
  }

 protected:
  [[nodiscard]] virtual Range clip(const Histogram& seen) const = 0;
  Range merge(Range seen, Range) override { return seen; }

 private:
  Histogram histogram_;
};

// At most the share 1 - percentile / 100 of all elements lies below the range, and as much above it.
class Percentile : public HistogramObserver {
 public:
  Percentile(const vernier_spec& spec, const vernier::Options& options)
      : HistogramObserver(spec, "percentile"), outside_(1.0 - options.number("/percentile", 99.99) / 100.0) {}

 protected:
  [[nodiscard]] Range clip(const Histogram& seen) const override {
    double total = 0;
    for (uint64_t count : seen.counts()) total += static_cast<double>(count);
    const double allowed = std::floor(
        outside_ * total + 1e-6);  // 99.9 % of 1000 leaves one, whatever binary fractions make of it
    size_t first = 0;
    size_t last = Histogram::kBins - 1;
    for (double below = 0; first < last && (below += static_cast<double>(seen.counts()[first])) <= allowed;)
      ++first;
    for (double above = 0; last > first && (above += static_cast<double>(seen.counts()[last])) <= allowed;)
      --last;
    return {std::clamp(static_cast<float>(seen.edge(first)), seen.low(), 0.0f),
            std::clamp(static_cast<float>(seen.edge(last + 1)), 0.0f, seen.high())};
  }

 private:
  double outside_;
};

// The range with the least sum of squared errors: (distance to the range)^2 outside, step^2 / 12 inside.
class Mse : public HistogramObserver {
 public:
  Mse(const vernier_spec& spec, const vernier::Options&) : HistogramObserver(spec, "mse") {}

 protected:
  [[nodiscard]] Range clip(const Histogram& seen) const override {
    const Sums sums(seen);
    const double levels = static_cast<double>((uint64_t{1} << spec().dtype.bits) - 1);
    const bool is_symmetric = spec().scheme == VERNIER_SCHEME_SYMMETRIC;
    Range best{seen.low(), seen.high()};
    double least = std::numeric_limits<double>::infinity();
    const auto consider = [&](double low, double high) {
      const double step = (is_symmetric ? 2 * std::max(-low, high) : high - low) / levels;
      const double error = sums.outside(low, high) + sums.count(low, high) * step * step / 12;
      if (error < least) least = error, best = {static_cast<float>(low), static_cast<float>(high)};
    };
    const double low = seen.low();
    const double high = seen.high();
    for (int i = kCandidates; i > 0; --i) {
      if (is_symmetric) {
        const double limit = std::max(-low, high) * i / kCandidates;
        consider(std::max(low, -limit), std::min(high, limit));
        continue;
      }
      for (int k = kCandidates; k > 0; --k) consider(low * i / kCandidates, high * k / kCandidates);
    }
    return best;
  }

 private:
  static constexpr int kCandidates = 100;

  // Sums over the bins' centres, so that a candidate costs the same for any number of bins.
  class Sums {
   public:
    explicit Sums(const Histogram& seen) : seen_(seen), sums_(Histogram::kBins + 1) {
      for (size_t i = 0; i < Histogram::kBins; ++i) {
        const double count = static_cast<double>(seen.counts()[i]);
        const double x = seen.edge(i) + seen.width() / 2;
        sums_[i + 1] = {sums_[i].count + count, sums_[i].first + count * x, sums_[i].second + count * x * x};
      }
    }
    [[nodiscard]] double count(double low, double high) const { return at(high).count - at(low).count; }
    [[nodiscard]] double outside(double low, double high) const {
      const Moments below = at(low);
      const Moments above = sums_.back() - at(high);
      return below.about(low) + above.about(high);
    }

   private:
    struct Moments {
      double count = 0, first = 0, second = 0;
      Moments operator-(const Moments& b) const {
        return {count - b.count, first - b.first, second - b.second};
      }
      [[nodiscard]] double about(double x) const {
        return std::max(0.0, second - 2 * x * first + x * x * count);
      }
    };
    [[nodiscard]] const Moments& at(double x) const {
      const double bin = std::round(x / seen_.width()) + Histogram::kMiddle;
      return sums_[static_cast<size_t>(std::clamp(bin, 0.0, static_cast<double>(Histogram::kBins)))];
    }
    const Histogram& seen_;
    std::vector<Moments> sums_;
  };
};

}  // namespace

VERNIER_PLUGIN(vernier::observer<Percentile>("percentile"), vernier::observer<Mse>("mse"));
