// Samples of which some inputs are outputs of another unit, made when they are asked for.
#pragma once

#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "calibration/input_source.h"
#include "interpreter/entry_runner.h"
#include "session/unit_outputs.h"

namespace vernier::core {

// Where one input comes from.
struct Feed {
  size_t input = 0;  // its place among the entry's
  std::string unit;  // for messages
  EntryRunner* runner = nullptr;
  const InputSource* source = nullptr;  // what that unit runs on, sample for sample
  UnitOutputs* outputs = nullptr;       // what it makes of them
  size_t output = 0;
};

class FedInputs : public InputSource {
 public:
  // `own` gives the inputs that no feed gives, in their order; null: there are none. `wanted`: see
  // open_inputs. Runners, sources and outputs must outlive this. Throws Error (kUsage) at `where` where a
  // unit has fewer samples than are taken, or no such output; what a trace of it throws.
  FedInputs(std::unique_ptr<InputSource> own, std::vector<Feed> feeds, size_t inputs,
            std::optional<uint64_t> wanted, const std::string& where);

  [[nodiscard]] uint64_t samples() const override { return samples_; }
  [[nodiscard]] bool is_fed() const override { return true; }
  // Takes what the units that feed it made in float, or runs them where nobody kept it; a unit that feeds
  // several inputs runs once. [one thread at a time]
  [[nodiscard]] std::vector<Tensor> sample(uint64_t index) const override;
  // The same where they run quantized, on quantized samples of theirs.
  [[nodiscard]] std::vector<Tensor> quantized_sample(uint64_t index) const override;
  // From the units' graphs; nothing runs.
  [[nodiscard]] std::vector<TensorType> types(uint64_t index) const override;
  // Names the units that feed it; what they compute, and on what, is theirs to say.
  [[nodiscard]] std::string identity() const override;
  [[nodiscard]] const SamplesManifest* manifest() const override {
    return own_ == nullptr ? nullptr : own_->manifest();
  }
  void release() const override;

 private:
  template <typename Each, typename OfUnit>
  std::vector<Each> put_together(std::vector<Each> own, const OfUnit& outputs_of) const;

  const std::unique_ptr<InputSource> own_;
  const std::vector<Feed> feeds_;
  const size_t inputs_;
  uint64_t samples_ = 0;
};

}  // namespace vernier::core
