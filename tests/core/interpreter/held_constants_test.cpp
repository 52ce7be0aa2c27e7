// What stays for the samples that come, and what does not.
#include "interpreter/held_constants.h"

#include <gtest/gtest.h>

#include "support/tensors.h"

namespace vernier::core {
namespace {

class HeldConstantsTest : public ::testing::Test {
 protected:
  // True where it was made for this call.
  bool is_made(int32_t parameter, int64_t elements, bool is_quantized = false) {
    bool made = false;
    (void)held_.find(parameter, is_quantized, source_, [&] {
      made = true;
      return test::ramp({elements});
    });
    return made;
  }

  HeldConstants held_;
  Tensor source_ = test::ramp({1});
};

TEST_F(HeldConstantsTest, AreMadeOnceInEachForm) {
  held_.start(100);
  EXPECT_TRUE(is_made(0, 2));
  EXPECT_FALSE(is_made(0, 2));
  EXPECT_TRUE(is_made(0, 2, true));
  EXPECT_FALSE(is_made(0, 2, true));
  EXPECT_EQ(held_.bytes(), 16U);
  held_.start(100);
  EXPECT_EQ(held_.bytes(), 0U);
  EXPECT_TRUE(is_made(0, 2));
}

TEST_F(HeldConstantsTest, WhatWouldPassTheLimitIsMadeByEachReader) {
  held_.start(12);
  EXPECT_TRUE(is_made(0, 4));
  EXPECT_TRUE(is_made(0, 4)) << "16 bytes";
  EXPECT_TRUE(is_made(1, 3));
  EXPECT_FALSE(is_made(1, 3));
  EXPECT_TRUE(is_made(2, 1));
  EXPECT_TRUE(is_made(2, 1)) << "16 bytes with the one before";
}

TEST_F(HeldConstantsTest, AFirstOneMayBeOfAnySizeWhereThatIsSaid) {
  held_.start(4, true);
  EXPECT_TRUE(is_made(0, 100));
  EXPECT_FALSE(is_made(0, 100));
  EXPECT_TRUE(is_made(1, 1));
  EXPECT_TRUE(is_made(1, 1)) << "the limit is passed";
}

TEST_F(HeldConstantsTest, WhatIsHandedThroughCostsNothing) {
  held_.start(0);
  const Tensor given = held_.find(0, false, source_, [&] { return source_; });
  EXPECT_EQ(given.data, source_.data);
  EXPECT_EQ(held_.bytes(), 0U);
}

// Of a graph that no tree stands behind nobody knows which constant is which.
TEST_F(HeldConstantsTest, AConstantWithoutAPlaceIsNotHeld) {
  held_.start(100);
  EXPECT_TRUE(is_made(-1, 1));
  EXPECT_TRUE(is_made(-1, 1));
}

}  // namespace
}  // namespace vernier::core
