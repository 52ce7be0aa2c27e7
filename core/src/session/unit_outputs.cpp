#include "session/unit_outputs.h"

#include <algorithm>

namespace vernier::core {

void UnitOutputs::want(uint64_t samples, size_t output) {
  ++users_;
  samples_ = std::max(samples_, samples);
  wanted_.insert(output);
}

void UnitOutputs::release() {
  if (users_ == 0 || --users_ > 0) return;
  for (const auto& [key, outputs] : kept_)
    for (const auto& [output, id] : outputs) store_.drop(id);
  kept_.clear();
}

void UnitOutputs::keep(Reading reading, uint64_t sample, std::span<const Tensor> outputs) {
  if (users_ == 0 || sample >= samples_ || kept_.contains({reading, sample})) return;
  std::map<size_t, Store::Id> ids;
  for (const size_t output : wanted_)
    if (output < outputs.size()) ids.emplace(output, store_.put(outputs[output]));
  kept_.emplace(Key{reading, sample}, std::move(ids));
}

std::vector<Tensor> UnitOutputs::get(Reading reading, uint64_t sample) {
  const auto found = kept_.find({reading, sample});
  if (found == kept_.end()) {
    std::vector<Tensor> outputs = run_(reading, sample);
    keep(reading, sample, outputs);
    return outputs;
  }
  std::vector<Tensor> outputs(found->second.empty() ? 0 : found->second.rbegin()->first + 1);
  for (const auto& [output, id] : found->second) outputs[output] = store_.get(id);
  return outputs;
}

}  // namespace vernier::core
