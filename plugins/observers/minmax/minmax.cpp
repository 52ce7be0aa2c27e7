// The range that ever occurred: least of all minima, greatest of all maxima.
#include <vernier/observer.h>

#include <algorithm>

class MinMax : public vernier::RangeObserver {
 public:
  MinMax(const vernier_spec& spec, const vernier::Options&) : RangeObserver(spec) {}
  [[nodiscard]] std::string save() const override { return save_ranges(); }
  void load(std::string_view state) override { load_ranges(state); }

 protected:
  vernier::Range merge(vernier::Range seen, vernier::Range batch) override {
    return {std::min(seen.low, batch.low), std::max(seen.high, batch.high)};
  }
};

VERNIER_PLUGIN(vernier::observer<MinMax>("minmax"));
