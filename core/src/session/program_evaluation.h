// A program evaluated: the scores of each token of the samples' answers, float against quantized, and against
// the files of a folder.
#pragma once

#include <memory>
#include <nlohmann/json_fwd.hpp>
#include <optional>
#include <string>
#include <vector>

#include "program/program_run.h"
#include "session/program_requests.h"
#include "sweep/store.h"
#include "tensor/metrics.h"

namespace vernier::core {

class Pipeline;
class StatisticsCollector;

// How the tokens of answers come out of one run: every earlier token given (teacher forcing).
struct AnswerScores {
  uint64_t samples = 0, tokens = 0;      // that have an answer
  uint64_t right_tokens = 0, exact = 0;  // whose greatest score is the answer's; samples all of whose are
  double log_likelihood = 0;             // summed over tokens

  // `scores`: one row of logits for each token of the answer.
  void add(const std::vector<Tensor>& scores, const std::vector<int32_t>& answer);
  // {"samples", "tokens", "right_tokens", "exact", "mean_log_likelihood"}; null without answers.
  [[nodiscard]] nlohmann::json to_json() const;
};

// Two runs of the same samples.
struct ScoresPair {
  Metrics metrics;
  uint64_t tokens = 0, same_tokens = 0;  // greatest scores, compared

  void add(const std::vector<Tensor>& reference, const std::vector<Tensor>& test);
  [[nodiscard]] nlohmann::json to_json() const;  // {"metrics", "tokens", "same_tokens"}
};

class ProgramEvaluation {
 public:
  // Of the pipeline's program, on the recipe's evaluation samples; `keeps`: scores of the first so many are
  // kept for compare(). The pipeline must outlive this, and have a program.
  ProgramEvaluation(Pipeline& run, uint64_t keeps);

  // Float and quantized. `statistics` (may be null) gets the first scores. Throws Error (kData) naming a
  // sample that fails, or whose scores are not finite.
  void evaluate(StatisticsCollector* statistics = nullptr);
  // The files, on the samples that are kept. `program`: with files. Returns the report's word for it.
  [[nodiscard]] nlohmann::json execute(const Program& program, const std::filesystem::path& folder);
  // Whether each gate and, without any, each token of execute() holds.
  [[nodiscard]] static bool holds(const nlohmann::json& executed);

  [[nodiscard]] const Metrics& metrics() const { return quantized_.metrics; }
  [[nodiscard]] uint64_t samples() const { return samples_; }
  // {"samples", "metrics", "tokens", "same_tokens", "float", "quantized"}.
  [[nodiscard]] nlohmann::json to_json() const;

 private:
  struct Kept {
    std::vector<Store::Id> scores[2];  // float, quantized
  };

  // One row of scores for each token of the answer; for the prompt alone where it is not known.
  [[nodiscard]] std::vector<Tensor> scores(ProgramRun& run, const Program& program,
                                           const ProgramSample& sample, uint64_t index) const;
  [[nodiscard]] std::vector<Tensor> kept(const Kept& kept, int lane) const;
  [[nodiscard]] nlohmann::json gate_rows(const ScoresPair& to_float, const ScoresPair& to_quantized) const;

  Pipeline& run_;
  const std::unique_ptr<ProgramRequests> requests_;
  const uint64_t keeps_;
  uint64_t samples_ = 0;
  ScoresPair quantized_;     // float against quantized
  AnswerScores answers_[2];  // float, quantized
  Store store_;
  std::vector<Kept> kept_;
};

}  // namespace vernier::core
