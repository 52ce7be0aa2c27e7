#include "program/steps/rotary.h"

#include <gmock/gmock.h>

#include <cmath>

#include "core/program/small_tensors.h"

namespace vernier::core::steps {
namespace {

using namespace core::testing;
using ::testing::ElementsAre;

float cosine(double angle) { return static_cast<float>(std::cos(angle)); }
float sine(double angle) { return static_cast<float>(std::sin(angle)); }

TEST(RotaryTable, TurnsPairsOfHalves) {
  // theta 16, head 4: frequencies 1 and 16^(-2/4) = 1/4.
  const CosAndSin made = rotary_table({1, 2, 4}, {3, 16, false, 0, 1, false});
  EXPECT_THAT(elements<float>(made.cos), ElementsAre(cosine(3), cosine(0.75), cosine(3), cosine(0.75),
                                                     cosine(4), cosine(1), cosine(4), cosine(1)));
  EXPECT_THAT(elements<float>(made.sin),
              ElementsAre(sine(3), sine(0.75), sine(3), sine(0.75), sine(4), sine(1), sine(4), sine(1)));
  EXPECT_EQ(made.cos.shape, (Shape{1, 2, 4}));
}

TEST(RotaryTable, NegatesTheFirstHalfOfTheSines) {
  const CosAndSin made = rotary_table({1, 4}, {1, 16, false, 0, 1, true});
  EXPECT_THAT(elements<float>(made.cos), ElementsAre(cosine(1), cosine(0.25), cosine(1), cosine(0.25)));
  EXPECT_THAT(elements<float>(made.sin), ElementsAre(-sine(1), -sine(0.25), sine(1), sine(0.25)));
}

TEST(RotaryTable, LeavesTheRestOfAProportionalHeadStill) {
  // Head 8 of theta 16: 1, 1/2, 1/4, 1/8, of which the first rotary_dim / 2 = 2 turn, at half the speed.
  const CosAndSin made = rotary_table({1, 8}, {2, 16, true, 4, 2, false});
  EXPECT_THAT(elements<float>(made.cos),
              ElementsAre(cosine(1), cosine(0.5), 1, 1, cosine(1), cosine(0.5), 1, 1));
  EXPECT_THAT(elements<float>(made.sin), ElementsAre(sine(1), sine(0.5), 0, 0, sine(1), sine(0.5), 0, 0));
  const CosAndSin whole = rotary_table({1, 8}, {2, 16, true, 0, 1, false});
  EXPECT_TRUE(is_same(whole.cos, rotary_table({1, 8}, {2, 16, false, 0, 1, false}).cos));
}

}  // namespace
}  // namespace vernier::core::steps
