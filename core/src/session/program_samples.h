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
#include "session/sample_run.h"
#include "sweep/store.h"

namespace vernier::core {

// A sample runs once, its prompt and answer as a prompt without pad rows, and then its last token again
// behind the others, for units that only each_token phases run: caches are full then. It stops at each unit
// (sample_run.h) and goes on with what the unit's calibration made, so a unit runs all samples before the
// next unit begins. What a call runs on that a sample had to pass is kept for it; where a unit is asked for
// it once more, the sample begins anew. What waits is in memory, beyond a limit in a scratch file.
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
  ~ProgramSamples();
  ProgramSamples(const ProgramSamples&) = delete;
  ProgramSamples& operator=(const ProgramSamples&) = delete;

  [[nodiscard]] uint64_t samples() const { return requests_->samples(); }
  // How many samples run the unit.
  [[nodiscard]] uint64_t reaching(size_t unit) const;
  // What samples hold between two units.
  [[nodiscard]] const CapturedBytes& captured() const { return captured_; }
  // All units, each behind those that feed it: in this order no sample passes a call, but for one with
  // several pictures.
  [[nodiscard]] std::vector<size_t> order() const;
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
  // What runs a sample.
  struct Running;

  void count_calls(uint64_t sample);
  [[nodiscard]] Program program_of(const OwnRequest& own) const;
  [[nodiscard]] bool is_wanted(size_t unit, PhaseRuns runs) const {
    return is_for_tokens_[unit] == (runs == PhaseRuns::kEachToken);
  }
  [[nodiscard]] size_t unit_of(const Program& program, size_t unit) const;
  [[nodiscard]] std::unique_ptr<Running> running(uint64_t sample);
  [[nodiscard]] const std::string& requests_identity();
  [[nodiscard]] std::vector<Tensor> inputs(size_t unit, const Call& call);
  void take(size_t unit, const Call& call, std::vector<Tensor> outputs);
  void release(size_t unit);
  void limit(uint64_t most_bytes);
  // An error of a sample that runs names it.
  template <typename Act>
  void explained(uint64_t sample, const char* what, const Act& act) const;

  const Model model_;
  const std::shared_ptr<const ProgramRequests> requests_;
  const std::string where_;
  std::vector<bool> is_for_tokens_;       // by unit: only each_token phases run it
  std::vector<std::vector<Call>> calls_;  // by unit
  std::vector<bool> is_released_;         // likewise
  CapturedBytes captured_;
  std::mutex mutex_;
  std::string requests_identity_;  // once it was asked for
  Store store_;
  std::map<uint64_t, std::unique_ptr<Running>> running_;  // by sample
};

}  // namespace vernier::core
