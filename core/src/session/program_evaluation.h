// A program evaluated: the scores of each token of the samples' answers, float against quantized, and against
// the files of a folder.
#pragma once

#include <memory>
#include <nlohmann/json_fwd.hpp>
#include <optional>
#include <string>
#include <vector>

#include "program/file_units.h"
#include "program/program_run.h"
#include "session/answer_scores.h"
#include "session/gates.h"
#include "session/program_export.h"
#include "session/program_requests.h"
#include "sweep/store.h"

namespace vernier::core {

class Pipeline;
class StatisticsCollector;

class ProgramEvaluation {
 public:
  // Of the pipeline's program, on the recipe's evaluation samples. Scores of the samples that files run on,
  // or all of them where the user wants outputs, are kept, beyond the memory plan's limit in a scratch file.
  // The pipeline must outlive this, and have a program; its memory is planned.
  explicit ProgramEvaluation(Pipeline& run);

  // Float and quantized. `statistics` (may be null) gets the first scores. Throws Error (kData) naming a
  // sample that fails, or whose scores are not finite.
  void evaluate(StatisticsCollector* statistics = nullptr);
  // The files, on the recipe's verify.samples. `program`: with files; the golden run becomes one of them, as
  // many requests as the recipe wants. Returns the report's word for it.
  [[nodiscard]] nlohmann::json execute(Program& program, const std::filesystem::path& folder,
                                       const OutputFile& file);
  // Whether each gate and, without any, each token of execute() holds.
  [[nodiscard]] static bool holds(const nlohmann::json& executed);

  // Scores and tokens of both runs, of all samples (--save-outputs). Throws Error (kData) where the file
  // cannot be written.
  void write_outputs(const std::filesystem::path& path) const;

  [[nodiscard]] const Metrics& metrics() const { return quantized_.metrics; }
  // The recipe's on the metrics; and where the quantized run has but one token to say, which no recipe can
  // want, that: distinct_tokens > 1.
  [[nodiscard]] std::vector<GateResult> gates() const;
  [[nodiscard]] uint64_t samples() const { return samples_; }
  // {"samples", "metrics", "tokens", "same_tokens", "distinct", "float", "quantized"}.
  [[nodiscard]] nlohmann::json to_json() const;

 private:
  struct Kept {
    std::vector<Store::Id> scores[2];  // float, quantized
  };

  // One row of scores for each token of the answer; for the prompt alone where it is not known.
  [[nodiscard]] std::vector<Tensor> scores(ProgramRun& run, const Program& program,
                                           const ProgramSample& sample, uint64_t index) const;
  [[nodiscard]] std::vector<Tensor> kept(const Kept& kept, int lane) const;
  // Null where the recipe wants none.
  [[nodiscard]] nlohmann::json write_golden(Program& program, FileUnits& files, const OutputFile& file) const;
  [[nodiscard]] nlohmann::json gate_rows(const ScoresPair& to_float, const ScoresPair& to_quantized) const;

  Pipeline& run_;
  const ProgramRequests& requests_;
  const uint64_t executed_, keeps_;  // samples: that files run on, whose scores are kept
  uint64_t samples_ = 0;
  ScoresPair quantized_;     // float against quantized
  AnswerScores answers_[2];  // float, quantized
  Store store_;
  std::vector<Kept> kept_;
};

}  // namespace vernier::core
