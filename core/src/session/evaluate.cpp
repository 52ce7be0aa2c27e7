#include "session/evaluate.h"

#include <fmt/format.h>

#include <cmath>

#include "vernier/core/error.h"

namespace vernier::core {

Evaluation evaluate(const Unit& unit, const EvaluationOptions& options, const RunControl& control) {
  Evaluation result;
  const InputSource& inputs = *unit.evaluation;
  const uint64_t count = inputs.samples();
  StatisticsCollector* statistics = options.statistics;
  for (uint64_t index = 0; index < count; ++index) {
    control.check();
    const std::vector<Tensor> sample = inputs.sample(index);
    const bool is_watched = statistics != nullptr && statistics->wants(index);
    EntryRunner::Observe see_float, see_quantized;
    if (is_watched) {
      see_float = [&](int site, const Tensor& x) { statistics->float_value(site, x); };
      see_quantized = [&](int site, const Tensor& x) { statistics->quantized_value(site, x); };
    }
    std::vector<Tensor> reference = unit.runner->run(Reading::kFloat, sample, see_float);
    std::vector<Tensor> test = unit.runner->run(
        Reading::kQuantize, inputs.is_fed() ? inputs.quantized_sample(index) : sample, see_quantized);
    if (is_watched) statistics->finish_sample();
    if (reference.size() != test.size())
      throw internal_error("float and quantized runs gave different numbers of outputs");
    if (is_watched) statistics->outputs(reference, test);
    for (size_t i = 0; i < reference.size(); ++i) {
      if (reference[i].dtype != kFloat32) continue;  // indices and masks have no error to measure
      result.metrics.add(reference[i], test[i]);
      if (options.total != nullptr) options.total->add(reference[i], test[i]);
    }
    if (!std::isfinite(result.metrics.max_abs_diff())) {
      throw data_error(fmt::format("evaluation sample {} of {} gives NaN or Inf", index, unit.recipe->name),
                       {}, "look at that sample's inputs");
    }
    if (options.keeps_outputs) {
      result.float_outputs.push_back(std::move(reference));
      result.quantized_outputs.push_back(std::move(test));
    }
    ++result.samples;
    control.report({"evaluate", {}, result.samples, count});
  }
  return result;
}

}  // namespace vernier::core
