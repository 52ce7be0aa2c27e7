// The range that ever occurred: least of all minima, greatest of all maxima.
#include <vernier/error.h>
#include <vernier/observer.h>

#include <algorithm>
#include <string>

namespace {

// Option `bits`: as many codes as an integer of so many bits has, in a wider type. What was observed has
// codes among them, so weights of 2 or 3 bits are weights of 4 to whoever reads the file.
vernier_spec narrowed(const vernier_spec& spec, const vernier::Options& options) {
  vernier_spec result = spec;
  const int64_t bits = options.integer("/bits", spec.dtype.bits);
  if (bits > spec.dtype.bits)
    throw vernier::invalid_argument("bits is " + std::to_string(bits) + "; " +
                                    vernier::DType(spec.dtype).name() + " has " +
                                    std::to_string(spec.dtype.bits));
  result.dtype.bits = static_cast<uint8_t>(bits);
  return result;
}

}  // namespace

class MinMax : public vernier::RangeObserver {
 public:
  MinMax(const vernier_spec& spec, const vernier::Options& options)
      : RangeObserver(narrowed(spec, options)) {}
  [[nodiscard]] std::string save() const override { return save_ranges(); }
  void load(std::string_view state) override { load_ranges(state); }

 protected:
  vernier::Range merge(vernier::Range seen, vernier::Range batch) override {
    return {std::min(seen.low, batch.low), std::max(seen.high, batch.high)};
  }
};

VERNIER_PLUGIN(vernier::observer<MinMax>("minmax"));
