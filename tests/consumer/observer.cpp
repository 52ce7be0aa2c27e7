// Shrinks the range that ever occurred by a factor: a crude clip.
#include <vernier/observer.h>

#include <algorithm>

class Shrink : public vernier::RangeObserver {
 public:
  Shrink(const vernier_spec& spec, const vernier::Options& options)
      : RangeObserver(spec), factor_(static_cast<float>(options.number("/factor", 0.9))) {}
  void qparams(vernier_qparams& result) override {
    RangeObserver::qparams(result);
    for (uint64_t i = 0; i < result.count; ++i) result.scale[i] *= factor_;
  }

 protected:
  vernier::Range merge(vernier::Range a, vernier::Range b) override {
    return {std::min(a.low, b.low), std::max(a.high, b.high)};
  }

 private:
  float factor_;
};

VERNIER_PLUGIN(vernier::observer<Shrink>("acme_shrink"));
