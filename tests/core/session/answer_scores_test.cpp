// Scores of answers' tokens: which is right, how likely, by how much.
#include "session/answer_scores.h"

#include <gtest/gtest.h>

#include <cmath>
#include <nlohmann/json.hpp>

#include "core/program/small_tensors.h"
#include "support/expect_error.h"

namespace vernier::core {
namespace {

using nlohmann::json;
using testing::tensor_of;

Tensor scores_of(const std::vector<float>& values) {
  return tensor_of(kFloat32, {1, 1, static_cast<int64_t>(values.size())}, values);
}

TEST(AnswerScores, CountsTokensAndTheirMargins) {
  const auto log3 = static_cast<float>(std::log(3.0));
  AnswerScores all;
  EXPECT_TRUE(all.to_json().is_null());
  all.add(4, {scores_of({0, log3, 0}), scores_of({1, 1, 0})}, {1, 0});  // of equal ones the first is chosen
  all.add(5, {scores_of({7})}, {});
  all.add(6, {scores_of({0, log3, 0}), scores_of({0.5F, 2, 0})}, {1, 0});
  const json found = all.to_json();
  EXPECT_EQ(found.at("samples"), 2);
  EXPECT_EQ(found.at("tokens"), 4);
  EXPECT_EQ(found.at("right_tokens"), 3);
  EXPECT_EQ(found.at("exact"), 1);
  // 3 of 3 + 1 + 1, and e of e + e + 1.
  const double first = std::log(3.0 / 5), second = std::log(std::exp(1.0) / (2 * std::exp(1.0) + 1)),
               third = std::log(std::exp(0.5) / (std::exp(0.5) + std::exp(2.0) + 1));
  EXPECT_NEAR(found.at("mean_log_likelihood").get<double>(), (2 * first + second + third) / 4, 1e-7);
  EXPECT_EQ(found.at("least_margin"), -1.5);
  const json& each = found.at("each");
  EXPECT_EQ(each.at("sample"), (json{4, 6}));
  EXPECT_EQ(each.at("tokens"), (json{2, 2}));
  EXPECT_EQ(each.at("right_tokens"), (json{2, 1}));
  EXPECT_EQ(each.at("least_margin"), (json{0.0, -1.5}));
  EXPECT_NEAR(each.at("log_likelihood").at(1).get<double>(), first + third, 1e-7);
  EXPECT_EQ(found.at("wrong"), json::array({json{{"sample", 6}, {"answer", {1, 0}}, {"chosen", {1, 1}}}}));
}

TEST(AnswerScores, OneScoreHasNoMargin) {
  AnswerScores all;
  all.add(0, {scores_of({7})}, {0});
  EXPECT_TRUE(all.to_json().at("least_margin").is_null());
  EXPECT_EQ(all.to_json().at("mean_log_likelihood"), 0.0);
}

TEST(AnswerScores, RefusesATokenWithoutAScore) {
  AnswerScores all;
  for (const int32_t token : {-1, 3})
    test::expect_error(ErrorKind::kData,
                       "token 1 of the answer is " + std::to_string(token) + "; there are 3 scores", [&] {
                         all.add(0, {scores_of({0, 1, 2}), scores_of({0, 1, 2})}, {0, token});
                       });
  EXPECT_TRUE(all.to_json().is_null());
}

TEST(ScoresPair, ComparesTheGreatest) {
  ScoresPair pair;
  pair.add({scores_of({0, 1, 2}), scores_of({0, 3, 2})}, {scores_of({0, 2, 1}), scores_of({0, 9, 2})});
  EXPECT_EQ(pair.tokens, 2);
  EXPECT_EQ(pair.same_tokens, 1);
  EXPECT_EQ(pair.to_json().at("metrics").at("max_abs_diff"), 6.0);
}

// Eight places, three different tokens of the reference; one of the test.
TEST(ScoresPair, OneTokenAllAlongIsTold) {
  const std::vector<Tensor> several = {scores_of({9, 0, 0}), scores_of({0, 9, 0}), scores_of({0, 0, 9}),
                                       scores_of({0, 9, 0})},
                            one(4, scores_of({0, 0, 1}));
  ScoresPair pair;
  pair.add(several, one);
  EXPECT_FALSE(pair.only_token().has_value()) << "four places may be chance";
  pair.add(several, one);
  EXPECT_EQ(pair.only_token(), 2);
  EXPECT_EQ(pair.to_json().at("distinct"), (json{{"reference", 3}, {"test", 1}}));
  ScoresPair same;
  for (int i = 0; i < 3; ++i) same.add(one, one);
  EXPECT_FALSE(same.only_token().has_value()) << "the reference says no more";
  pair.add(several, several);
  EXPECT_FALSE(pair.only_token().has_value());
}

}  // namespace
}  // namespace vernier::core
