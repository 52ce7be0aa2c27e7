#include "session/answer_scores.h"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <nlohmann/json.hpp>

#include "tensor/finite_number.h"
#include "vernier/core/error.h"

namespace vernier::core {

using nlohmann::json;

int32_t greatest_score(const Tensor& scores) {
  const auto* begin = scores.as<float>();
  return static_cast<int32_t>(std::max_element(begin, begin + scores.elements()) - begin);
}

namespace {

// Fewer tokens, or fewer different ones, may be one token by chance.
constexpr uint64_t kFewestTokens = 8;
constexpr size_t kFewestDistinct = 3;

double log_likelihood_of(const Tensor& scores, int32_t token) {
  const auto* x = scores.as<float>();
  const auto top = static_cast<double>(x[greatest_score(scores)]);
  double sum = 0;
  for (int64_t i = 0; i < scores.elements(); ++i) sum += std::exp(static_cast<double>(x[i]) - top);
  return static_cast<double>(x[token]) - top - std::log(sum);
}

double margin_of(const Tensor& scores, int32_t token) {
  double other = -std::numeric_limits<double>::infinity();
  for (int64_t i = 0; i < scores.elements(); ++i) {
    if (i != token) other = std::max(other, static_cast<double>(scores.as<float>()[i]));
  }
  return static_cast<double>(scores.as<float>()[token]) - other;
}

}  // namespace

void AnswerScores::add(uint64_t sample, const std::vector<Tensor>& scores,
                       const std::vector<int32_t>& answer) {
  if (answer.empty()) return;
  Sample one{sample, answer.size(), 0, 0, std::numeric_limits<double>::infinity(), {}, {}};
  for (size_t i = 0; i < answer.size(); ++i) {
    if (answer[i] < 0 || answer[i] >= scores.at(i).elements())
      throw data_error(fmt::format("token {} of the answer is {}; there are {} scores", i, answer[i],
                                   scores[i].elements()));
    one.chosen.push_back(greatest_score(scores[i]));
    if (one.chosen.back() == answer[i]) ++one.right_tokens;
    one.log_likelihood += log_likelihood_of(scores[i], answer[i]);
    one.least_margin = std::min(one.least_margin, margin_of(scores[i], answer[i]));
  }
  if (one.right_tokens == one.tokens)
    one.chosen.clear();
  else
    one.answer = answer;
  samples_.push_back(std::move(one));
}

json AnswerScores::to_json() const {
  if (samples_.empty()) return nullptr;
  uint64_t tokens = 0, right_tokens = 0, exact = 0;
  double log_likelihood = 0, least_margin = std::numeric_limits<double>::infinity();
  json each = {{"sample", json::array()},
               {"tokens", json::array()},
               {"right_tokens", json::array()},
               {"log_likelihood", json::array()},
               {"least_margin", json::array()}};
  json wrong = json::array();
  for (const Sample& one : samples_) {
    tokens += one.tokens;
    right_tokens += one.right_tokens;
    log_likelihood += one.log_likelihood;
    least_margin = std::min(least_margin, one.least_margin);
    each["sample"].push_back(one.index);
    each["tokens"].push_back(one.tokens);
    each["right_tokens"].push_back(one.right_tokens);
    each["log_likelihood"].push_back(finite_number(one.log_likelihood));
    each["least_margin"].push_back(finite_number(one.least_margin));
    if (one.right_tokens == one.tokens)
      ++exact;
    else
      wrong.push_back({{"sample", one.index}, {"answer", one.answer}, {"chosen", one.chosen}});
  }
  return {{"samples", samples_.size()},
          {"tokens", tokens},
          {"right_tokens", right_tokens},
          {"exact", exact},
          {"mean_log_likelihood", finite_number(log_likelihood / static_cast<double>(tokens))},
          {"least_margin", finite_number(least_margin)},
          {"each", std::move(each)},
          {"wrong", std::move(wrong)}};
}

void ScoresPair::add(const std::vector<Tensor>& reference, const std::vector<Tensor>& test) {
  for (size_t i = 0; i < reference.size(); ++i) {
    metrics.add(reference[i], test.at(i));
    ++tokens;
    const int32_t wanted = greatest_score(reference[i]), found = greatest_score(test[i]);
    if (wanted == found) ++same_tokens;
    reference_chosen.insert(wanted);
    test_chosen.insert(found);
  }
}

std::optional<int32_t> ScoresPair::only_token() const {
  if (tokens < kFewestTokens || reference_chosen.size() < kFewestDistinct || test_chosen.size() != 1)
    return std::nullopt;
  return *test_chosen.begin();
}

json ScoresPair::to_json() const {
  return {{"metrics", metrics.to_json()},
          {"tokens", tokens},
          {"same_tokens", same_tokens},
          {"distinct", {{"reference", reference_chosen.size()}, {"test", test_chosen.size()}}}};
}

}  // namespace vernier::core
