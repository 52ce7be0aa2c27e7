#include "session/evaluate.h"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <memory>
#include <utility>

#include "sweep/sweep.h"
#include "vernier/core/error.h"

namespace vernier::core {

namespace {

// What one evaluation adds up.
class Evaluator {
 public:
  Evaluator(const Unit& unit, const EvaluationOptions& options) : unit_(unit), options_(options) {}

  SweepSample sample(uint64_t index) {
    const InputSource& inputs = *unit_.evaluation;
    StatisticsCollector* watching = options_.statistics;
    if (watching != nullptr && !watching->wants(index)) watching = nullptr;
    SweepSample sample;
    sample.lanes.resize(2);
    SweepLane &reference = sample.lanes[0], &test = sample.lanes[1];
    test.reading = Reading::kQuantize;
    if (inputs.is_fed()) {
      reference.inputs = [&inputs, index] { return inputs.sample(index); };
      test.inputs = [&inputs, index] { return inputs.quantized_sample(index); };
    } else {  // read once
      const auto read = std::make_shared<std::vector<Tensor>>();
      reference.inputs = [&inputs, index, read] { return *read = inputs.sample(index); };
      test.inputs = [read] { return std::move(*read); };
    }
    if (watching != nullptr) {
      reference.observe = [watching, index](int site, const Tensor& x) {
        watching->float_value(index, site, x);
      };
      test.observe = [watching, index](int site, const Tensor& x) {
        watching->quantized_value(index, site, x);
      };
      sample.after_segment = [watching, index] { watching->finish_piece(index); };
    }
    sample.finish = [this, watching, index](std::vector<std::vector<Tensor>> outputs) {
      finish(watching, index, std::move(outputs[0]), std::move(outputs[1]));
    };
    return sample;
  }

  Evaluation result;

 private:
  void finish(StatisticsCollector* watching, uint64_t index, std::vector<Tensor> reference,
              std::vector<Tensor> test) {
    if (watching != nullptr) watching->finish_sample(index);
    if (reference.size() != test.size())
      throw internal_error("float and quantized runs gave different numbers of outputs");
    if (watching != nullptr) watching->outputs(reference, test);
    result.per_sample.resize(std::max<size_t>(result.per_sample.size(), index + 1));
    result.metrics.add_outputs(reference, test);
    result.per_sample[index].add_outputs(reference, test);
    if (options_.total != nullptr) options_.total->add_outputs(reference, test);
    if (!std::isfinite(result.metrics.max_abs_diff())) {
      throw data_error(fmt::format("evaluation sample {} of {} gives NaN or Inf", index, unit_.recipe->name),
                       {}, "look at that sample's inputs");
    }
    unit_.evaluation_outputs->keep(Reading::kFloat, index, reference);
    unit_.evaluation_outputs->keep(Reading::kQuantize, index, test);
    if (options_.keeps_outputs) {
      result.float_outputs.push_back(std::move(reference));
      result.quantized_outputs.push_back(std::move(test));
    }
    ++result.samples;
  }

  const Unit& unit_;
  const EvaluationOptions& options_;
};

}  // namespace

Evaluation evaluate(const Unit& unit, const EvaluationOptions& options, const RunControl& control) {
  Evaluator evaluator(unit, options);
  const uint64_t count = unit.evaluation->samples();
  uint64_t given = 0, told = 0;
  const auto next = [&]() -> std::optional<SweepSample> {
    if (given == count) return std::nullopt;
    return evaluator.sample(given++);
  };
  const auto progress = [&](uint64_t done) {
    if (options.progress) options.progress();
    if (done != told) control.report({"evaluate", {}, told = done, count, "samples"});
  };
  Sweep([&](std::span<const TensorType> types) { return unit.runner->compiled(types); }, options.limits,
        control)
      .run(count, next, progress);
  unit.evaluation->release();
  return std::move(evaluator.result);
}

}  // namespace vernier::core
