#include "session/program_evaluation.h"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <nlohmann/json.hpp>

#include "program/generate.h"
#include "program/program_folder.h"
#include "program/record_run.h"
#include "report/site_statistics.h"
#include "session/pipeline.h"
#include "session/program_samples.h"
#include "session/recipe_program.h"
#include "tensor/finite_number.h"
#include "text/with_note.h"
#include "vernier/core/error.h"

namespace vernier::core {

namespace {

using nlohmann::json;

constexpr size_t kGoldenTokens = 8;  // of a sample without an answer

bool is_finite(const std::vector<Tensor>& scores) {
  return std::ranges::all_of(scores, [](const Tensor& one) {
    return std::all_of(one.as<float>(), one.as<float>() + one.elements(),
                       [](float value) { return std::isfinite(value); });
  });
}

std::string evaluation_place(const Pipeline& run) { return run.p.recipe.where("/evaluation/inputs"); }

}  // namespace

ProgramEvaluation::ProgramEvaluation(Pipeline& run)
    : run_(run),
      requests_(*run.p.program->evaluation),
      executed_(run.p.program->executed_samples(run.p.recipe)),
      keeps_(run.options.save_outputs ? requests_.samples() : executed_),
      store_(run.memory_plan.limits.store_bytes) {}

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
  for (uint64_t index = 0; index < requests_.samples(); ++index) {
    const ProgramSample sample = requests_.sample(index);
    std::vector<Tensor> results[2];
    for (const Reading reading : {Reading::kFloat, Reading::kQuantize}) {
      const int lane = reading == Reading::kFloat ? 0 : 1;
      units.read_as(reading);
      results[lane] = scores(run, program, sample, index);
      answers_[lane].add(index, results[lane], sample.answer);
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
    run_.control().report({"evaluate", {}, ++samples_, requests_.samples(), "samples"});
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

json ProgramEvaluation::write_golden(Program& program, FileUnits& files, const OutputFile& file) const {
  const auto requests = std::min(static_cast<uint64_t>(run_.p.program->verify->golden), executed_);
  if (requests == 0) return nullptr;
  json tokens = json::array();
  RecordedTensors all;
  bool has_boundaries = true;
  {
    RecordOptions options;
    options.most_bytes = RecipeProgram::kMostGoldenBytes;
    RecordedRuns runs(program, files, run_.control(), options);
    for (uint64_t index = 0; index < requests; ++index) {
      const ProgramSample sample = requests_.sample(index);
      const auto limit = static_cast<int64_t>(sample.answer.empty() ? kGoldenTokens : sample.answer.size());
      tokens.push_back(runs.add(index, sample.request, {limit, std::nullopt}).tokens);
    }
    has_boundaries = runs.has_boundaries();
    all = runs.tensors();
  }
  const std::filesystem::path path = file(kGoldenFile);
  write_recording(path, all);
  program.files.push_back(program_file(path.parent_path(), kGoldenFile));
  return {{"file", kGoldenFile},
          {"requests", requests},
          {"tokens", std::move(tokens)},
          {"tensors", all.size()},
          {"bytes", program.files.back().bytes},
          {"has_boundaries", has_boundaries}};
}

json ProgramEvaluation::execute(Program& program, const std::filesystem::path& folder,
                                const OutputFile& file) {
  const std::string& executor = run_.p.program->verify->executor;
  FileUnits units(program, folder, *run_.p.services, *run_.p.hub, executor);
  ProgramRun run(program, units, run_.control());
  ScoresPair to_float, to_quantized;
  AnswerScores answers, quantized;
  for (uint64_t index = 0; index < executed_; ++index) {
    const ProgramSample sample = requests_.sample(index);
    const std::vector<Tensor> results = scores(run, program, sample, index);
    const std::vector<Tensor> fake = kept(kept_[index], 1);
    to_float.add(kept(kept_[index], 0), results);
    to_quantized.add(fake, results);
    answers.add(index, results, sample.answer);
    quantized.add(index, fake, sample.answer);
    run_.control().check();  // no limit: what executors take is not planned
    run_.control().report({"verify", {}, index + 1, executed_, "samples"});
  }
  return {{"executor", executor.empty() ? json(nullptr) : json(executor)},
          {"samples", executed_},
          {"answers", answers.to_json()},
          {"quantized", quantized.to_json()},
          {"float_to_file", to_float.to_json()},
          {"quantized_to_file", to_quantized.to_json()},
          {"golden", write_golden(program, units, file)},
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

std::vector<GateResult> ProgramEvaluation::gates() const {
  std::vector<GateResult> results = judge(run_.p.recipe, run_.p.program->whole, quantized_.metrics);
  for (GateResult& gate : results) gate.unit.clear();
  if (const auto token = quantized_.only_token())
    results.push_back({"", "distinct_tokens", "> 1", 1, false, "/quantization",
                       fmt::format("token {} in each of {} places, where float chooses {} different ones",
                                   *token, quantized_.tokens, quantized_.reference_chosen.size())});
  return results;
}

json ProgramEvaluation::to_json() const {
  json result = quantized_.to_json();
  result["samples"] = samples_;
  result["float"] = answers_[0].to_json();
  result["quantized"] = answers_[1].to_json();
  return result;
}

}  // namespace vernier::core
