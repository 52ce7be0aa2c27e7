// Which codes are kept, and that they are those of the qparams of the moment.
#include "interpreter/kept_codes.h"

#include <gtest/gtest.h>

#include <memory>

#include "kernels/thread_pool.h"
#include "support/tensors.h"
#include "vernier/core/device_factory.h"

namespace vernier::core {
namespace {

class KeptCodesTest : public ::testing::Test {
 protected:
  ThreadPool pool_{1};
  std::unique_ptr<Device> device_ = make_reference_device(pool_);
};

TEST_F(KeptCodesTest, AreMadeOnceForTheSameQParams) {
  KeptCodes codes(*device_);
  const Tensor values = test::floats({4}, {1, 2, 3, 4});
  const QParams q = test::qparams(kUInt8, {1}, {0});
  const Tensor first = codes.find(7, values, q);
  EXPECT_EQ(first.data[3], std::byte{4});
  EXPECT_EQ(codes.find(7, values, q).data, first.data);
  EXPECT_EQ(codes.kept(7, q).data, first.data);
  EXPECT_FALSE(codes.kept(8, q).defined());
  const Tensor raised = codes.find(7, values, test::qparams(kUInt8, {2}, {0}));
  EXPECT_EQ(raised.data[3], std::byte{2}) << "a scale that was raised meanwhile";
  EXPECT_FALSE(codes.kept(7, q).defined());
  EXPECT_EQ(codes.bytes(), 4u) << "in place of the earlier ones";
  EXPECT_NE(codes.find(8, values, q).data, first.data) << "another constant";
}

TEST_F(KeptCodesTest, WhatWouldPassTheLimitIsNotKept) {
  KeptCodes codes(*device_, 5);
  const QParams bytes = test::qparams(kUInt8, {1}, {0}), halves = test::qparams(kUInt4, {1}, {0});
  const Tensor three = test::ramp({3}), four = test::ramp({4});
  EXPECT_TRUE(codes.find(0, three, bytes).defined());
  EXPECT_FALSE(codes.find(1, three, bytes).defined()) << "six bytes in all";
  EXPECT_TRUE(codes.find(2, four, halves).defined()) << "five bytes in all";
  EXPECT_FALSE(codes.find(3, test::ramp({1}), bytes).defined());
  EXPECT_EQ(codes.bytes(), 5u);
  EXPECT_TRUE(codes.find(0, three, bytes).defined()) << "what is kept stays";
  EXPECT_FALSE(codes.find(0, four, test::qparams(kUInt8, {2}, {0})).defined());
  EXPECT_EQ(codes.bytes(), 2u) << "what no longer holds is let go of";
}

}  // namespace
}  // namespace vernier::core
