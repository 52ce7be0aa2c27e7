// What calibrates the units of a program: the inputs that each of them gets when the samples run through the
// program in float, at their own extents.
#pragma once

#include <cstdint>
#include <map>
#include <memory>
#include <mutex>
#include <string>
#include <vector>

#include "calibration/input_source.h"
#include "program/entry_units.h"
#include "session/recipe_program.h"
#include "session/sample_program.h"
#include "sweep/store.h"

namespace vernier::core {

// A sample runs twice. First its prompt and answer as a prompt without pad rows, for units of the phases
// before the first token. Then, for units that only each_token phases run, all tokens but the last one and
// one pass on that: caches are full then. What units get is kept in memory, beyond a limit in a scratch file.
class ProgramSamples : public std::enable_shared_from_this<ProgramSamples> {
 public:
  // What is run, and with what. All must outlive this.
  struct Model {
    const RecipeProgram& program;
    HostServices& services;
    PluginHub& hub;
    ModuleTree& tree;
    Device& device;
    KeptCodes& codes;
    EntryUnits::Runners& runners;
  };

  // Makes each sample's program; runs nothing. `where`: the recipe's place of the samples. Throws Error
  // naming the sample.
  ProgramSamples(const Model& model, std::shared_ptr<const ProgramRequests> requests, std::string where);

  [[nodiscard]] uint64_t samples() const { return requests_->samples(); }
  // How many samples run the unit.
  [[nodiscard]] uint64_t reaching(size_t unit) const;
  [[nodiscard]] const CapturedBytes& captured() const { return captured_; }
  // The calls of a unit, in the order of samples. Throws Error (kUsage) for a unit that no sample reaches.
  [[nodiscard]] std::unique_ptr<InputSource> of(size_t unit);

 private:
  class Calls;
  // A call of a unit.
  struct Call {
    uint64_t sample = 0;
    size_t place = 0;  // among those of the sample
    std::vector<TensorType> types;
  };
  using Kept = std::vector<std::vector<Store::Id>>;  // by call of a sample, by input

  void count_calls(uint64_t sample);
  void count_calls(uint64_t sample, const Program& program, bool decodes, int64_t pictures);
  [[nodiscard]] bool is_wanted(size_t unit, bool decodes) const { return is_for_tokens_[unit] == decodes; }
  [[nodiscard]] size_t unit_of(const Program& program, const ProgramStep& step) const;
  [[nodiscard]] std::vector<Tensor> inputs(size_t unit, const Call& call);
  void capture(uint64_t sample, size_t wanted);
  void keep(uint64_t sample, size_t unit, std::span<const Tensor> inputs,
            std::vector<std::pair<Tensor, Store::Id>>& known);
  void release(size_t unit);
  void limit(uint64_t most_bytes);

  const Model model_;
  const std::shared_ptr<const ProgramRequests> requests_;
  const std::string where_;
  std::vector<bool> is_for_tokens_;       // by unit: only each_token phases run it
  std::vector<std::vector<Call>> calls_;  // by unit
  std::vector<bool> is_released_;         // likewise
  CapturedBytes captured_;
  std::mutex mutex_;
  Store store_;
  std::map<std::pair<uint64_t, size_t>, Kept> kept_;  // by sample and unit
  std::map<Store::Id, int> uses_;
};

}  // namespace vernier::core
