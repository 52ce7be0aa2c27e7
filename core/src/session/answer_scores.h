// How the tokens of answers come out of a run in which every earlier token is given (teacher forcing), and
// two such runs beside each other.
#pragma once

#include <cstdint>
#include <limits>
#include <nlohmann/json_fwd.hpp>
#include <optional>
#include <set>
#include <vector>

#include "tensor/metrics.h"
#include "tensor/tensor.h"

namespace vernier::core {

// The token with the greatest score, of several equal ones the first. `scores`: float32.
[[nodiscard]] int32_t greatest_score(const Tensor& scores);

class AnswerScores {
 public:
  // `scores`: float32, one tensor of scores for each token of the answer. Without an answer nothing is added.
  // Throws Error (kData) for a token that has no score.
  void add(uint64_t sample, const std::vector<Tensor>& scores, const std::vector<int32_t>& answer);
  // Null without answers, else
  // {"samples", "tokens", "right_tokens" (their score is the greatest), "exact" (samples all of whose are),
  //  "mean_log_likelihood" (of a token, natural logarithm), "least_margin" (of a token's score over the
  //  greatest other one; below 0 where it is not right; null where there is no other),
  //  "each": {"sample", "tokens", "right_tokens", "log_likelihood", "least_margin"}: a list each, in order,
  //  "wrong": [{"sample", "answer": [TOKEN], "chosen": [TOKEN]}] of samples that are not exact}.
  [[nodiscard]] nlohmann::json to_json() const;

 private:
  struct Sample {
    uint64_t index = 0, tokens = 0, right_tokens = 0;
    double log_likelihood = 0;  // summed over tokens
    double least_margin = std::numeric_limits<double>::infinity();
    std::vector<int32_t> answer, chosen;  // kept where they differ
  };
  std::vector<Sample> samples_;  // that have an answer
};

// Two runs of the same samples.
struct ScoresPair {
  Metrics metrics;
  uint64_t tokens = 0, same_tokens = 0;  // greatest scores, compared
  std::set<int32_t> reference_chosen, test_chosen;

  void add(const std::vector<Tensor>& reference, const std::vector<Tensor>& test);
  // The token that `test` chooses each time, where `reference` chooses several: nothing can be said with it.
  [[nodiscard]] std::optional<int32_t> only_token() const;
  // {"metrics", "tokens", "same_tokens", "distinct": {"reference", "test"}: how many different ones}
  [[nodiscard]] nlohmann::json to_json() const;
};

}  // namespace vernier::core
