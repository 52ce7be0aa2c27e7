#include "program/codes.h"

#include <gmock/gmock.h>

#include <cmath>
#include <limits>

#include "core/program/small_tensors.h"
#include "support/expect_error.h"

namespace vernier::core {
namespace {

using namespace testing;
using ::testing::ElementsAre;

const QParams kHalf = test::qparams(kUInt8, {0.5F}, {10});
const QParams kQuarter = test::qparams(kInt16, {0.25F}, {0});

TEST(BufferContent, AreCodesHalfToEvenAndSaturating) {
  // value / 0.5 + 10: 0.25 is code 10.5 - rounded before the zero point is added: 0.5 to 0.
  const Tensor values = test::floats({7}, {0, 0.25F, 0.75F, 1, -5, -6, 1000});
  EXPECT_THAT(elements<uint8_t>(buffer_content(values, &kHalf)), ElementsAre(10, 10, 12, 12, 0, 0, 255));
  EXPECT_THAT(elements<int16_t>(buffer_content(values, &kQuarter)), ElementsAre(0, 1, 3, 4, -20, -24, 4000));
  const QParams signed_bytes = test::qparams(kInt8, {2}, {-3});
  EXPECT_THAT(elements<int8_t>(buffer_content(values, &signed_bytes)),
              ElementsAre(-3, -3, -3, -3, -5, -6, 127));
  EXPECT_TRUE(is_same(buffer_content(values, nullptr), values));
}

TEST(BufferContent, HasNoCodeForNaN) {
  const Tensor values = test::floats({1}, {std::numeric_limits<float>::quiet_NaN()});
  test::expect_error(ErrorKind::kData, "a value is NaN, which has no code",
                     [&] { (void)buffer_content(values, &kHalf); });
  const Tensor infinite = test::floats({2}, {INFINITY, -INFINITY});
  EXPECT_THAT(elements<uint8_t>(buffer_content(infinite, &kHalf)), ElementsAre(255, 0));
}

TEST(RealValues, AreCodesTimesTheirScale) {
  const Tensor codes = tensor_of<uint8_t>(kUInt8, {2, 2}, {0, 9, 10, 255});
  EXPECT_THAT(elements<double>(real_values(codes, &kHalf)), ElementsAre(-5, -0.5, 0, 122.5));
  EXPECT_THAT(elements<double>(real_values(test::floats({1}, {0.1F}), nullptr)), ElementsAre(double{0.1F}));
}

TEST(Filled, HoldsTheValueOfItsDType) {
  EXPECT_THAT(elements<int32_t>(filled(kInt32, {2}, -1, nullptr)), ElementsAre(-1, -1));
  EXPECT_THAT(elements<int64_t>(filled(kInt64, {1}, 5, nullptr)), ElementsAre(5));
  EXPECT_THAT(elements<float>(filled(kFloat32, {1, 2}, 0.5, nullptr)), ElementsAre(0.5F, 0.5F));
  EXPECT_THAT(elements<uint8_t>(filled(kFloat32, {2}, 0, &kHalf)), ElementsAre(10, 10));
}

TEST(AsIntegers, WidensAndNarrowsWhatFits) {
  const Tensor wide = tensor_of<int64_t>(kInt64, {2}, {-7, 2147483647});
  EXPECT_THAT(elements<int32_t>(as_integers(wide, kInt32)), ElementsAre(-7, 2147483647));
  EXPECT_THAT(elements<int64_t>(as_integers(int32s({1}, {-7}), kInt64)), ElementsAre(-7));
  EXPECT_EQ(as_integers(wide, kInt64).data, wide.data);
  test::expect_error(ErrorKind::kData, "2147483648 does not fit int32",
                     [&] { (void)as_integers(tensor_of<int64_t>(kInt64, {1}, {2147483648}), kInt32); });
  test::expect_error(ErrorKind::kData, "float32 where int32 is wanted",
                     [&] { (void)as_integers(test::floats({1}, {1}), kInt32); });
}

}  // namespace
}  // namespace vernier::core
