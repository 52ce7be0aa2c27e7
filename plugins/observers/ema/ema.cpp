// An exponential moving average of each tensor's range: one outlier sample moves it a little, not for good.
#include <vernier/observer.h>

class Ema : public vernier::RangeObserver {
 public:
  Ema(const vernier_spec& spec, const vernier::Options& options)
      : RangeObserver(spec),
        old_(static_cast<float>(options.number("/momentum", 0.9))),
        new_(static_cast<float>(1.0 - options.number("/momentum", 0.9))) {}
  [[nodiscard]] std::string save() const override {
    return vernier::StateWriter().add(&old_, 1).take() + save_ranges();
  }
  void load(std::string_view state) override {
    float momentum = 0;
    vernier::StateReader(state).read(&momentum, 1);
    if (momentum != old_)
      throw vernier::Error(VERNIER_FAILED_PRECONDITION, "collected with another momentum");
    load_ranges(state.substr(sizeof(momentum)));
  }

 protected:
  vernier::Range merge(vernier::Range seen, vernier::Range batch) override {
    return {old_ * seen.low + new_ * batch.low, old_ * seen.high + new_ * batch.high};
  }

 private:
  float old_;  // weight of what was seen
  float new_;  // weight of the new tensor; rounded from 1 - momentum, as a float32 tensor library does
};

VERNIER_PLUGIN(vernier::observer<Ema>("ema"));
