// Several samples in one forward: products of many rows make better use of a processor than many products of
// few rows.
#pragma once

#include <cstdint>
#include <span>
#include <string>
#include <vector>

#include "calibration/input_source.h"

namespace vernier::core {

// What to do where samples cannot be stacked.
inline constexpr const char* kOneByOne = "leave batch_size out: samples then run one by one";

// Consecutive samples with equal shapes and dtypes, stacked along axis 0.
struct Batch {
  uint64_t first = 0;    // index of the first sample
  uint64_t samples = 0;  // how many
  std::vector<Tensor> inputs;
  std::vector<Tensor> last_sample;  // the inputs of the last of them alone

  [[nodiscard]] std::string name() const;  // "sample 7", "samples 8 to 15"
};

// Cuts samples [0, count) into batches of at most `size`. A sample of another shape than the one before
// begins a new batch.
class Batches {
 public:
  // `where` is the recipe's batch size, for messages. `inputs` must outlive this.
  Batches(const InputSource& inputs, uint64_t count, uint64_t size, std::string where)
      : inputs_(inputs), count_(count), size_(size), where_(std::move(where)) {}

  [[nodiscard]] const std::string& where() const { return where_; }
  [[nodiscard]] bool done() const { return next_ == count_; }
  // Samples in the batches so far, and all there are.
  [[nodiscard]] uint64_t taken() const { return next_; }
  [[nodiscard]] uint64_t count() const { return count_; }
  // Not when done(). Throws Error: what InputSource::sample throws; kUsage where a scalar input leaves no
  // axis to stack along.
  Batch next();

 private:
  const InputSource& inputs_;
  uint64_t count_;
  uint64_t size_;
  std::string where_;
  uint64_t next_ = 0;
  std::vector<Tensor> ahead_;  // sample next_, read to see that it does not fit the batch before
};

// The types of batches of more than one sample that Batches makes of all of `inputs`, each once. Those that
// it cannot stack are left out.
[[nodiscard]] std::vector<std::vector<TensorType>> stacked_types(const InputSource& inputs, uint64_t size);

// `batch` are the outputs of a forward over stacked samples, `alone` those of its last sample by itself.
// Throws Error (kUsage) at `where` unless the end of each batch output is that sample's output: the same
// shape but for axis 0, and not further away than 60 dB, which float32 rounding in another order of summation
// keeps by far. A model that lets samples see each other, or has no batch axis, is found so.
void require_independent_samples(std::span<const Tensor> batch, std::span<const Tensor> alone,
                                 uint64_t samples, const std::string& where);

}  // namespace vernier::core
