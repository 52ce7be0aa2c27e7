#include "session/program_evaluation.h"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <nlohmann/json.hpp>

#include "program/file_units.h"
#include "program/generate.h"
#include "report/site_statistics.h"
#include "session/pipeline.h"
#include "session/program_samples.h"
#include "session/prompt_requests.h"
#include "session/recipe_program.h"
#include "tensor/finite_number.h"
#include "text/with_note.h"
#include "vernier/core/error.h"

namespace vernier::core {

namespace {

using nlohmann::json;

int64_t greatest(const Tensor& scores) {
  const auto* begin = scores.as<float>();
  return std::max_element(begin, begin + scores.elements()) - begin;
}

double log_likelihood(const Tensor& scores, int32_t token) {
  const auto* x = scores.as<float>();
  const auto top = static_cast<double>(x[greatest(scores)]);
  double sum = 0;
  for (int64_t i = 0; i < scores.elements(); ++i) sum += std::exp(static_cast<double>(x[i]) - top);
  return static_cast<double>(x[token]) - top - std::log(sum);
}

bool is_finite(const std::vector<Tensor>& scores) {
  return std::ranges::all_of(scores, [](const Tensor& one) {
    return std::all_of(one.as<float>(), one.as<float>() + one.elements(),
                       [](float value) { return std::isfinite(value); });
  });
}

std::string evaluation_place(const Pipeline& run) { return run.p.recipe.where("/evaluation/inputs"); }

}  // namespace

void AnswerScores::add(const std::vector<Tensor>& scores, const std::vector<int32_t>& answer) {
  if (answer.empty()) return;
  uint64_t right = 0;
  for (size_t i = 0; i < answer.size(); ++i) {
    if (answer[i] < 0 || answer[i] >= scores[i].elements())
      throw data_error(fmt::format("token {} of the answer is {}; there are {} scores", i, answer[i],
                                   scores[i].elements()));
    if (greatest(scores[i]) == answer[i]) ++right;
    log_likelihood += core::log_likelihood(scores[i], answer[i]);
  }
  ++samples;
  tokens += answer.size();
  right_tokens += right;
  if (right == answer.size()) ++exact;
}

json AnswerScores::to_json() const {
  if (samples == 0) return nullptr;
  return {{"samples", samples},
          {"tokens", tokens},
          {"right_tokens", right_tokens},
          {"exact", exact},
          {"mean_log_likelihood", finite_number(log_likelihood / static_cast<double>(tokens))}};
}

void ScoresPair::add(const std::vector<Tensor>& reference, const std::vector<Tensor>& test) {
  for (size_t i = 0; i < reference.size(); ++i) {
    metrics.add(reference[i], test.at(i));
    ++tokens;
    if (greatest(reference[i]) == greatest(test[i])) ++same_tokens;
  }
}

json ScoresPair::to_json() const {
  return {{"metrics", metrics.to_json()}, {"tokens", tokens}, {"same_tokens", same_tokens}};
}

ProgramEvaluation::ProgramEvaluation(Pipeline& run, uint64_t keeps)
    : run_(run),
      requests_(open_requests(run.p.program->whole.evaluation, run.p.program->made.program,
                              run.p.recipe.folder, evaluation_place(run), program_processors(run.p))),
      keeps_(std::min(keeps, requests_->samples())),
      store_(SweepLimits().store_bytes) {}

std::vector<Tensor> ProgramEvaluation::scores(ProgramRun& run, const Program& program,
                                              const ProgramSample& sample, uint64_t index) const {
  try {
    const std::vector<int32_t> first_only = {0};  // is never read: nothing follows it
    std::vector<Tensor> result =
        teacher_forced(run, program, sample.request, sample.answer.empty() ? first_only : sample.answer);
    if (!is_finite(result)) throw data_error("its scores have NaN or Inf");
    return result;
  } catch (const Error& error) {
    if (error.is_stop()) throw;
    throw with_note(error, {fmt::format("evaluation sample {} fails", index), evaluation_place(run_), {}});
  }
}

void ProgramEvaluation::evaluate(StatisticsCollector* statistics) {
  const Program& program = run_.p.program->made.program;
  EntryUnits units(program, *run_.p.services, *run_.p.tree, *run_.device, Reading::kFloat,
                   run_.kept_codes.get(), &run_.program_runners);
  ProgramRun run(program, units, run_.control());
  for (uint64_t index = 0; index < requests_->samples(); ++index) {
    const ProgramSample sample = requests_->sample(index);
    std::vector<Tensor> results[2];
    for (const Reading reading : {Reading::kFloat, Reading::kQuantize}) {
      const int lane = reading == Reading::kFloat ? 0 : 1;
      units.read_as(reading);
      results[lane] = scores(run, program, sample, index);
      answers_[lane].add(results[lane], sample.answer);
    }
    quantized_.add(results[0], results[1]);
    if (statistics != nullptr) statistics->outputs(results[0], results[1]);
    if (index < keeps_) {
      kept_.emplace_back();
      for (const int lane : {0, 1}) {
        for (const Tensor& one : results[lane]) kept_.back().scores[lane].push_back(store_.put(one));
      }
    }
    run_.check_limits();
    run_.control().report({"evaluate", {}, ++samples_, requests_->samples(), "samples"});
  }
}

std::vector<Tensor> ProgramEvaluation::kept(const Kept& kept, int lane) const {
  std::vector<Tensor> result;
  for (const Store::Id id : kept.scores[lane]) result.push_back(store_.get(id));
  return result;
}

json ProgramEvaluation::gate_rows(const ScoresPair& to_float, const ScoresPair& to_quantized) const {
  json rows = json::array();
  const auto add = [&](GatePair pair, const std::string& metric, const Gate& gate) {
    const Metrics& metrics = pair == GatePair::kFloatToFile       ? to_float.metrics
                             : pair == GatePair::kQuantizedToFile ? to_quantized.metrics
                                                                  : quantized_.metrics;
    const double value = metrics.value(metric);
    rows.push_back({{"pair", to_string(pair)},
                    {"metric", metric},
                    {"output", nullptr},
                    {"limit", fmt::format("{} {}", gate.op, gate.limit)},
                    {"value", finite_number(value)},
                    {"met", gate.holds(value)},
                    {"pointer", gate.pointer}});
  };
  for (const FileGate& gate : run_.p.program->verify->gates) add(gate.pair, gate.metric, gate.gate);
  for (const auto& [metric, gate] : run_.p.program->whole.gates) add(GatePair::kFloatToFile, metric, gate);
  return rows;
}

json ProgramEvaluation::execute(const Program& program, const std::filesystem::path& folder) {
  const std::string& executor = run_.p.program->verify->executor;
  FileUnits units(program, folder, *run_.p.services, *run_.p.hub, executor);
  ProgramRun run(program, units, run_.control());
  ScoresPair to_float, to_quantized;
  AnswerScores answers, quantized;
  for (uint64_t index = 0; index < keeps_; ++index) {
    const ProgramSample sample = requests_->sample(index);
    const std::vector<Tensor> results = scores(run, program, sample, index);
    const std::vector<Tensor> fake = kept(kept_[index], 1);
    to_float.add(kept(kept_[index], 0), results);
    to_quantized.add(fake, results);
    answers.add(results, sample.answer);
    quantized.add(fake, sample.answer);
    run_.check_limits();
    run_.control().report({"verify", {}, index + 1, keeps_, "samples"});
  }
  return {{"executor", executor.empty() ? json(nullptr) : json(executor)},
          {"samples", keeps_},
          {"answers", answers.to_json()},
          {"quantized", quantized.to_json()},
          {"float_to_file", to_float.to_json()},
          {"quantized_to_file", to_quantized.to_json()},
          {"gates", gate_rows(to_float, to_quantized)}};
}

bool ProgramEvaluation::holds(const json& executed) {
  const json& gates = executed.at("gates");
  if (gates.empty()) {
    const json& pair = executed.at("quantized_to_file");
    return pair.at("tokens") == pair.at("same_tokens");
  }
  return std::ranges::all_of(gates, [](const json& gate) { return gate.at("met").get<bool>(); });
}

json ProgramEvaluation::to_json() const {
  json result = quantized_.to_json();
  result["samples"] = samples_;
  result["float"] = answers_[0].to_json();
  result["quantized"] = answers_[1].to_json();
  return result;
}

}  // namespace vernier::core
