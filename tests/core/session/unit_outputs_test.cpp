// What a unit gives to later ones is made once while somebody wants it.
#include "session/unit_outputs.h"

#include <gmock/gmock.h>

#include "support/expect_error.h"
#include "support/tensors.h"
#include "vernier/core/error.h"

namespace vernier::core {
namespace {

using ::testing::ElementsAre;
using ::testing::Pair;

class UnitOutputsTest : public ::testing::Test {
 protected:
  std::vector<float> get(Reading reading, uint64_t sample, size_t output) {
    const Tensor x = outputs_.get(reading, sample).at(output);
    return {x.as<float>(), x.as<float>() + x.elements()};
  }

  std::vector<std::pair<Reading, uint64_t>> runs_;
  UnitOutputs outputs_{
      [this](Reading reading, uint64_t sample) {
        runs_.emplace_back(reading, sample);
        const float lane = reading == Reading::kFloat ? 0 : 100;
        const auto number = lane + static_cast<float>(sample);
        return std::vector<Tensor>{test::floats({1}, {number}), test::floats({2}, {number, -number})};
      },
      8};  // the rest goes to the scratch file
};

TEST_F(UnitOutputsTest, RunOnceForAllWhoTakeThem) {
  outputs_.want(2, 1);
  outputs_.want(2, 1);
  for (int user = 0; user < 2; ++user) {
    EXPECT_THAT(get(Reading::kFloat, 0, 1), ElementsAre(0, 0));
    EXPECT_THAT(get(Reading::kFloat, 1, 1), ElementsAre(1, -1));
    EXPECT_THAT(get(Reading::kQuantize, 1, 1), ElementsAre(101, -101));
  }
  EXPECT_THAT(runs_,
              ElementsAre(Pair(Reading::kFloat, 0), Pair(Reading::kFloat, 1), Pair(Reading::kQuantize, 1)));
}

TEST_F(UnitOutputsTest, DoNotRunWhereTheUnitsOwnSweepGaveThem) {
  outputs_.want(1, 0);
  outputs_.keep(Reading::kFloat, 0, std::vector<Tensor>{test::floats({1}, {7}), test::floats({1}, {8})});
  EXPECT_THAT(get(Reading::kFloat, 0, 0), ElementsAre(7));
  EXPECT_EQ(outputs_.get(Reading::kFloat, 0).size(), 1U) << "nobody wants the other output";
  EXPECT_TRUE(runs_.empty());
}

TEST_F(UnitOutputsTest, AreKeptUntilTheLastUserIsThrough) {
  outputs_.want(1, 0);
  outputs_.want(1, 1);
  for (const size_t runs : {1, 1, 2, 3}) {
    EXPECT_THAT(get(Reading::kFloat, 0, 0), ElementsAre(0));
    EXPECT_EQ(runs_.size(), runs);
    outputs_.release();
  }
}

TEST_F(UnitOutputsTest, OfSamplesThatNobodyWantsNothingIsKept) {
  outputs_.want(1, 0);
  (void)get(Reading::kFloat, 1, 0);
  (void)get(Reading::kFloat, 1, 0);
  EXPECT_EQ(runs_.size(), 2U);
}

TEST(UnitOutputs, AnErrorOfTheRunIsTheirs) {
  UnitOutputs outputs(
      [](Reading, uint64_t) -> std::vector<Tensor> { throw data_error("index 9 is outside"); }, 0);
  outputs.want(1, 0);
  test::expect_error(ErrorKind::kData, "index 9 is outside", [&] { (void)outputs.get(Reading::kFloat, 0); });
}

}  // namespace
}  // namespace vernier::core
