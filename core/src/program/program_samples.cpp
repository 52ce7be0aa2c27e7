#include "program/program_samples.h"

#include <fmt/format.h>

#include "program/program_run.h"
#include "vernier/core/error.h"

namespace vernier::core {

namespace {

// How many pictures a request has.
int64_t pictures_of(const Program& program, const Request& request) {
  for (const ProgramBuffer& buffer : program.buffers) {
    for (const RequestLength& length : buffer.lengths) {
      if (length.counter != Counter::kPictures) continue;
      const auto found = request.find(buffer.of);
      const bool has_axis = found != request.end() && length.axis < found->second.shape.size();
      return has_axis ? found->second.shape[length.axis] : 0;
    }
  }
  return 0;
}

}  // namespace

class ProgramSamples::OfUnit : public InputSource {
 public:
  OfUnit(ProgramSamples& all, size_t unit) : all_(all), unit_(unit), samples_(all.count(unit)) {}

  [[nodiscard]] uint64_t samples() const override { return samples_; }
  [[nodiscard]] bool is_fed() const override { return true; }
  [[nodiscard]] std::vector<Tensor> sample(uint64_t index) const override {
    return all_.seen(Reading::kFloat, unit_).at(index);
  }
  [[nodiscard]] std::vector<Tensor> quantized_sample(uint64_t index) const override {
    return all_.seen(Reading::kQuantize, unit_).at(index);
  }

 private:
  ProgramSamples& all_;
  const size_t unit_;
  const uint64_t samples_;
};

ProgramSamples::ProgramSamples(const Program& program, EntryUnits& units, std::vector<ProgramSample> samples,
                               const RunControl& control)
    : program_(program), units_(units), samples_(std::move(samples)), control_(control) {}

std::unique_ptr<InputSource> ProgramSamples::of_unit(size_t unit) {
  return std::make_unique<OfUnit>(*this, unit);
}

uint64_t ProgramSamples::count(size_t unit) const {
  uint64_t once = 0, pictures = 0, tokens = 0;
  for (const ProgramPhase& phase : program_.phases) {
    for (const ProgramStep& step : phase.steps) {
      if (step.unit != unit) continue;
      ++(phase.runs == PhaseRuns::kOnce ? once : phase.runs == PhaseRuns::kEachPicture ? pictures : tokens);
    }
  }
  uint64_t all = 0;
  for (const ProgramSample& sample : samples_) {
    const uint64_t run = sample.answer.empty() ? 0 : sample.answer.size() - 1;
    all += once + pictures * static_cast<uint64_t>(pictures_of(program_, sample.request)) + tokens * run;
  }
  return all;
}

const std::vector<ProgramSamples::Inputs>& ProgramSamples::seen(Reading reading, size_t unit) {
  const auto [known, is_new] = seen_.try_emplace(reading, program_.units.size());
  if (!is_new) return known->second.at(unit);
  try {
    units_.read_as(reading);
    ProgramRun run(program_, units_, control_, [&all = known->second](const UnitCall& call) {
      all[call.unit].emplace_back(call.inputs.begin(), call.inputs.end());
    });
    for (const ProgramSample& sample : samples_) {
      run.begin(sample.request);
      for (size_t i = 0; i + 1 < sample.answer.size(); ++i) run.decode(sample.answer[i]);
    }
  } catch (...) {
    seen_.erase(reading);  // half of it is none
    throw;
  }
  return known->second.at(unit);
}

}  // namespace vernier::core
