#include "quantization/exact.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "support/tensors.h"

namespace vernier::core {
namespace {

using test::floats;
using test::qparams;
using ::testing::ElementsAre;

std::vector<double> doubles(const Tensor& x) { return {x.as<double>(), x.as<double>() + x.elements()}; }

TEST(FakeQuantizeExactly, RoundsHalfToEvenAndClamps) {
  const Tensor y = fake_quantize_exactly(floats({6}, {0.25f, 0.75f, -0.25f, 1000, -1000, 0.5f}),
                                         qparams(kInt8, {0.5f}, {0}));
  EXPECT_THAT(doubles(y), ElementsAre(0, 1, 0, 63.5, -64, 0.5));
}

TEST(FakeQuantizeExactly, DividesWhereFloat32WouldMultiplyByARoundedReciprocal) {
  const float scale = 0.1f;
  const float x = 0.25f;  // 0.25 / 0.1f = 2.49999996...
  EXPECT_THAT(doubles(fake_quantize_exactly(floats({1}, {x}), qparams(kInt16, {scale}, {0}))),
              ElementsAre(2 * static_cast<double>(scale)));
}

TEST(FakeQuantizeExactly, HasAScaleForEachIndexOfTheAxis) {
  const Tensor y = fake_quantize_exactly(floats({2, 2}, {1, 1, 1, 1}), qparams(kUInt8, {0.4f, 4}, {0, 1}, 0));
  const double first = 2 * static_cast<double>(0.4f);
  EXPECT_THAT(doubles(y), ElementsAre(first, first, 0, 0))
      << "1 / 0.4 is 2.5 less a little: 2; 1 / 4 rounds to 0";
}

TEST(ExpandExactly, CodesFromAnyFirstAndRows) {
  const QParams q = qparams(kInt8, {0.1f, 0.2f}, {1, -1}, 0);
  const int8_t codes[] = {99, 4, 1, 1, -2};  // the first belongs to another
  const double a = static_cast<double>(0.1f), b = static_cast<double>(0.2f);
  const auto* bytes = reinterpret_cast<const std::byte*>(codes);
  EXPECT_THAT(doubles(expand_exactly(bytes, 1, {2, 2}, q)), ElementsAre(3 * a, 0, 2 * b, -b));
  Tensor table = Tensor::allocate(kInt8, {2, 2});
  std::copy_n(codes + 1, 4, table.mutable_as<int8_t>());
  const std::vector<int64_t> rows = {1, 0, 1};
  const Tensor expanded = expand_rows_exactly(table, q, rows);
  EXPECT_EQ(expanded.shape, (Shape{3, 2}));
  EXPECT_THAT(doubles(expanded), ElementsAre(2 * b, -b, 3 * a, 0, 2 * b, -b));
}

TEST(ExpandExactly, ReadsPackedCodesOfEitherSign) {
  const uint8_t packed[] = {0x8f, 0x07};  // low bits first: f, 8, 7
  const auto* bytes = reinterpret_cast<const std::byte*>(packed);
  EXPECT_THAT(doubles(expand_exactly(bytes, 0, {3}, qparams(kInt4, {1}, {0}))), ElementsAre(-1, -8, 7));
  EXPECT_THAT(doubles(expand_exactly(bytes, 1, {2}, qparams(kUInt4, {1}, {0}))), ElementsAre(8, 7));
}

TEST(ToDouble, KeepsTheValue) {
  EXPECT_THAT(doubles(to_double(floats({1}, {0.1f}))), ElementsAre(static_cast<double>(0.1f)));
}

}  // namespace
}  // namespace vernier::core
