// What the samples of a unit come out as, kept while later units take it as their inputs.
#pragma once

#include <cstdint>
#include <functional>
#include <map>
#include <set>
#include <span>
#include <utility>
#include <vector>

#include "interpreter/interpreter.h"
#include "sweep/store.h"

namespace vernier::core {

class UnitOutputs {
 public:
  // Runs the unit on a sample in kFloat or kQuantize.
  using Run = std::function<std::vector<Tensor>(Reading reading, uint64_t sample)>;

  // Keeps up to `most_bytes` in memory, the rest in a scratch file.
  UnitOutputs(Run run, uint64_t most_bytes) : run_(std::move(run)), store_(most_bytes) {}

  // Somebody will take output `output` of samples [0, samples), in one reading or both, until release().
  void want(uint64_t samples, size_t output);
  // What is wanted: of so many samples these outputs.
  [[nodiscard]] uint64_t wanted_samples() const { return samples_; }
  [[nodiscard]] const std::set<size_t>& wanted() const { return wanted_; }
  // In memory, from now on.
  void limit(uint64_t most_bytes) { store_.limit(most_bytes); }
  // One of those who want something is through; after the last nothing is kept.
  void release();

  // Keeps of the outputs of a sample what is wanted; what the sample is known by already stays. Throws what
  // Store::put throws.
  void keep(Reading reading, uint64_t sample, std::span<const Tensor> outputs);
  // The outputs of a sample: kept ones, those that nobody wants being undefined, or what run() gives, which
  // is kept for the next who asks. Throws what the run and the store throw. [one thread at a time]
  std::vector<Tensor> get(Reading reading, uint64_t sample);

 private:
  using Key = std::pair<Reading, uint64_t>;

  const Run run_;
  Store store_;
  uint64_t samples_ = 0;  // that are wanted
  int users_ = 0;
  std::set<size_t> wanted_;  // outputs
  std::map<Key, std::map<size_t, Store::Id>> kept_;
};

}  // namespace vernier::core
