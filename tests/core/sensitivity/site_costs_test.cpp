// What sites cost, against errors that were worked out by hand.
#include "sensitivity/site_costs.h"

#include <cmath>

#include "core/sensitivity/site_fixture.h"
#include "support/expect_error.h"

namespace vernier::core::testing {
namespace {

using ::testing::DoubleNear;
using ::testing::ElementsAre;
using ::testing::FloatEq;

class SiteCostsTest : public Sites {
 protected:
  [[nodiscard]] std::vector<CostRow> rows(const std::vector<std::vector<int>>& sites) const {
    std::vector<CostRow> result;
    result.reserve(sites.size());
    for (const auto& one : sites) result.push_back({one, {}});
    return result;
  }
  std::vector<double> measure(const SiteQParams& base, const SiteQParams& other,
                              std::vector<CostRow> wanted) {
    costs_.add(graph_, inputs_, base, other, wanted, &of_base_, [this] { ++done_; });
    std::vector<double> result;
    result.reserve(wanted.size());
    for (const CostRow& row : wanted) result.push_back(row.metrics.mean_square_diff());
    return result;
  }

  const CompiledGraph graph_ = graph();
  const SiteQParams none_ = SiteQParams(4, nullptr);
  const SiteQParams all_ = qparams_of(tree_);
  Metrics of_base_;
  int done_ = 0;
};

// x is 1/4, 5/4, -5/8, 2. Sites 0 and 1 round it to 0, 1, -1, 2; site 2 rounds -x at the third place alone,
// 5/8 to 1/2 (2.5 steps, half to even); the weight's 1/4 becomes 0.
constexpr double kTwins = (0.0625 + 0.0625 + 0.140625) / 4;
constexpr double kOut = 0.015625 / 4;
constexpr double kWeight = 0.0625;

TEST_F(SiteCostsTest, OneQuantized) {
  EXPECT_THAT(measure(none_, all_, rows({{3}, {0, 1}, {1}, {2}})),
              ElementsAre(DoubleNear(kWeight, 1e-9), DoubleNear(kTwins, 1e-9), DoubleNear(kTwins, 1e-9),
                          DoubleNear(kOut, 1e-9)))
      << "in the order of the rows, which is not that of the forward";
  EXPECT_EQ(of_base_.mean_square_diff(), 0) << "nothing is quantized";
  EXPECT_EQ(done_, 4);
}

// Of all quantized: -x is 0, -1, 1, -2 and on site 2's grid; without the weight's 1/4 the differences to the
// float run are 0, 0, 1/8 and -1/4.
TEST_F(SiteCostsTest, LeaveOneFloat) {
  const std::vector<double> left = measure(all_, none_, rows({{0, 1}, {0}, {2}, {3}}));
  const double all = (0.0 + 0.0 + 0.015625 + 0.0625) / 4;
  EXPECT_NEAR(of_base_.mean_square_diff(), all, 1e-9);
  EXPECT_NEAR(left[0], (0.0625 + 0.0625 + 0.140625 + 0.0625) / 4, 1e-9) << "site 2 and the weight are left";
  EXPECT_NEAR(left[1], all, 1e-9) << "its twin rounds to the same numbers";
  EXPECT_NEAR(left[2], all, 1e-9) << "what comes to site 2 lies on its grid";
  EXPECT_NEAR(left[3], kTwins, 1e-9);
}

TEST_F(SiteCostsTest, BetweenTwoSetsOfQParams) {
  QParams fine = per_tensor(1.0F / 8, 0, kInt16);
  SiteQParams fine_all = all_;
  for (const QParams*& one : fine_all) one = &fine;
  const std::vector<double> raised = measure(all_, fine_all, rows({{3}, {0, 1, 2, 3}}));
  EXPECT_NEAR(raised[0], kTwins, 1e-9) << "an eighth holds the weight";
  EXPECT_EQ(raised[1], 0) << "and all else";
}

TEST_F(SiteCostsTest, ARowThatTheGraphDoesNotUseStaysEmpty) {
  add_site("d/act", per_tensor(1, 0, kInt8));
  std::vector<CostRow> wanted = rows({{4}});
  SiteQParams none(5, nullptr);
  costs_.add(graph_, inputs_, none, qparams_of(tree_), wanted, nullptr, [this] { ++done_; });
  EXPECT_TRUE(wanted[0].metrics.is_empty());
  EXPECT_EQ(done_, 1);
}

TEST_F(SiteCostsTest, RunsWithAnyChoice) {
  const Tensor exact = costs_.run(graph_, inputs_, none_).at(0);
  EXPECT_THAT(std::vector<float>(exact.as<float>(), exact.as<float>() + 4),
              ElementsAre(FloatEq(0), FloatEq(-1), FloatEq(0.875), FloatEq(-1.75)));
  const Tensor coded = costs_.run(graph_, inputs_, all_).at(0);
  EXPECT_THAT(std::vector<float>(coded.as<float>(), coded.as<float>() + 4),
              ElementsAre(FloatEq(0), FloatEq(-1), FloatEq(1), FloatEq(-2)));
}

// Constants are kept up to the limit, and are the same beyond it.
TEST_F(SiteCostsTest, ConstantsAreKeptUpToTheLimit) {
  (void)costs_.run(graph_, inputs_, all_);
  EXPECT_EQ(choice_.kept_bytes(), 16U);
  SiteChoice small(tree_, *device_, 15);
  SiteCosts costs(tree_, small, *device_, control_);
  const Tensor coded = costs.run(graph_, inputs_, all_).at(0);
  EXPECT_EQ(small.kept_bytes(), 0U);
  EXPECT_EQ(coded.as<float>()[3], -2);
}

TEST_F(SiteCostsTest, StopsWhenAsked) {
  control_.request_stop(Stop::kTerminate);
  test::expect_error(ErrorKind::kTerminated, "", [&] { (void)measure(none_, all_, rows({{0}})); });
}

}  // namespace
}  // namespace vernier::core::testing
