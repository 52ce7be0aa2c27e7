// The range of the last tensor only.
#include <vernier/observer.h>

class Last : public vernier::RangeObserver {
 public:
  Last(const vernier_spec& spec, const vernier::Options&) : RangeObserver(spec) {}

 protected:
  vernier::Range merge(vernier::Range, vernier::Range batch) override { return batch; }
};

VERNIER_PLUGIN(vernier::observer<Last>("last"));
