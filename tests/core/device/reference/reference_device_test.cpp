// The reference device against values worked out by hand: nothing else says what the passes mean.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <cmath>
#include <cstring>
#include <limits>

#include "core/device/worked_ops.h"
#include "device/device.h"
#include "kernels/thread_pool.h"
#include "support/expect_error.h"
#include "vernier/core/device_factory.h"

namespace vernier::core {
namespace {

using test::qparams;
using ::testing::ElementsAre;
using testing::floats;
using testing::integers;
using testing::WorkedOp;

constexpr float kInfinity = std::numeric_limits<float>::infinity();

std::vector<float> values(const Tensor& x) { return {x.as<float>(), x.as<float>() + x.elements()}; }

class ReferenceDevice : public ::testing::Test {
 protected:
  ThreadPool pool_{1};
  std::unique_ptr<Device> device_ = make_reference_device(pool_);
};

class ReferenceOps : public ::testing::TestWithParam<WorkedOp> {};

TEST_P(ReferenceOps, GivesTheValuesWorkedOutByHand) {
  const WorkedOp& c = GetParam();
  ThreadPool pool(1);
  const Tensor result =
      make_reference_device(pool)->run_all(find_op(c.op, 1).value(), c.arguments).at(c.which);
  EXPECT_EQ(result.shape, c.shape);
  ASSERT_EQ(result.elements(), static_cast<int64_t>(c.values.size()));
  for (int64_t i = 0; i < result.elements(); ++i)
    EXPECT_TRUE(testing::is_near(testing::number_at(result, i), c.values[static_cast<size_t>(i)]))
        << c.op << " element " << i << " is " << testing::number_at(result, i);
}

INSTANTIATE_TEST_SUITE_P(Ops, ReferenceOps, ::testing::ValuesIn(testing::worked_ops()),
                         testing::name_of_worked_op);

TEST_F(ReferenceDevice, FakeQuantizeRoundsHalfToEvenAndClamps) {
  const QParams q = qparams(kInt8, {0.5f}, {1});
  EXPECT_THAT(values(device_->fake_quantize(floats({5}, {0.25f, 0.75f, 1000, -1000, NAN}), q)),
              ElementsAre(0, 1, 63, -64.5f, -64.5f));
}

TEST_F(ReferenceDevice, EncodePacksLowBitsFirstAndExpandReadsThem) {
  const QParams q = qparams(kInt4, {1, 2}, {0, -1}, 0);
  const Tensor x = floats({2, 3}, {1, -8, 7, 4, 0, -100});
  const Tensor codes = device_->encode(x, all_rows(x), q);
  const auto byte = [&](int i) { return static_cast<int>(codes.data[i]); };
  EXPECT_EQ(byte(0), 0x81) << "1, -8";
  EXPECT_EQ(byte(1), 0x17) << "7, then 4 / 2 - 1";
  EXPECT_EQ(byte(2), 0x8f) << "-1, -8";
  EXPECT_THAT(values(device_->expand(codes, all_rows(codes), q)), ElementsAre(1, -8, 7, 4, 0, -14));
}

// Rows of 3 elements of 4 bits end in the middle of a byte.
TEST_F(ReferenceDevice, RowsAreWhatTheWholeHasThere) {
  const QParams q = qparams(kUInt4, {1, 2, 3}, {0, 1, 2}, 0);
  const Tensor x = floats({3, 3}, {0, 1, 2, 4, 6, 8, 9, 12, 15});
  const Tensor codes = device_->encode(x, all_rows(x), q);
  EXPECT_THAT(values(device_->expand(codes, {1, 3}, q)), ElementsAre(4, 6, 8, 9, 12, 15));
  EXPECT_THAT(values(device_->expand(codes, {2, 2}, q)), ElementsAre());
  const Tensor part = device_->encode(x, {1, 2}, q);
  EXPECT_EQ(part.shape, (Shape{1, 3}));
  EXPECT_EQ(static_cast<int>(part.data[0]), 0x43) << "4 / 2 + 1, 6 / 2 + 1";
  EXPECT_THAT(values(device_->widen(x, {1, 2}, kFloat32)), ElementsAre(4, 6, 8));
  test::expect_error(ErrorKind::kInternal, "rows [1, 4) of a tensor of shape [3, 3]", [&] {
    (void)device_->expand(codes, {1, 4}, q);
  });
}

// Bits that two floats of a row share a byte with included: rows of 5 codes of 2 or 4 bits.
TEST_F(ReferenceDevice, PiecesOfCodesAreTheBytesOfTheWhole) {
  for (const Shape& shape : {Shape{}, Shape{7}, Shape{3, 5}, Shape{2, 3, 5}, Shape{1, 9}, Shape{9, 1}}) {
    const Tensor x = test::ramp(shape);
    for (int64_t axis = -1; axis < static_cast<int64_t>(shape.size()); ++axis) {
      const auto channels = axis < 0 ? size_t{1} : static_cast<size_t>(shape[static_cast<size_t>(axis)]);
      for (const DType dtype : {DType(VERNIER_DTYPE_UINT, 2), kUInt4, kUInt8, kInt16}) {
        QParams q = qparams(dtype, std::vector<float>(channels, 0.5f), std::vector<int32_t>(channels), axis);
        for (size_t i = 0; i < channels; ++i) q.scale[i] += static_cast<float>(i);
        const Tensor whole = device_->encode(x, all_rows(x), q);
        const int64_t whole_bytes = std::max(1, 8 / dtype.bits);
        for (int64_t step = whole_bytes; step <= x.elements() + whole_bytes; step += whole_bytes) {
          std::vector<std::byte> codes(whole.bytes());
          for (int64_t first = 0; first < x.elements(); first += step) {
            device_->encode_elements(x, {first, std::min(step, x.elements() - first)}, q,
                                     codes.data() + dtype.bytes(static_cast<uint64_t>(first)));
          }
          EXPECT_EQ(std::memcmp(codes.data(), whole.data, codes.size()), 0)
              << dtype.name() << to_string(shape) << " along " << axis << " by " << step;
        }
        EXPECT_EQ(values(device_->through_codes(x, q)), values(device_->expand(whole, all_rows(whole), q)));
        EXPECT_EQ(values(device_->through_codes(x, q)), values(device_->fake_quantize(x, q)));
      }
    }
  }
}

QParams blocks(DType dtype, std::vector<float> scale, std::vector<int32_t> zero_point, int64_t size) {
  QParams q = qparams(dtype, std::move(scale), std::move(zero_point));
  q.block_size = size;
  return q;
}

// Rows of two blocks of two: each has its own scale, and in pieces and rows it keeps it.
TEST_F(ReferenceDevice, BlocksHaveScalesOfTheirOwn) {
  const QParams q = blocks(kInt8, {1, 2, 0.5f, 4}, {0, 1, 0, -1}, 2);
  const Tensor x = floats({2, 4}, {1, -3, 8, 4, 2, 0.75f, 8, -8});
  const Tensor codes = device_->encode(x, all_rows(x), q);
  EXPECT_THAT(std::vector<int8_t>(codes.as<int8_t>(), codes.as<int8_t>() + 8),
              ElementsAre(1, -3, 5, 3, 4, 2, 1, -3))
      << "8 / 2 + 1; 0.75 / 0.5 is half to even";
  EXPECT_THAT(values(device_->expand(codes, all_rows(codes), q)), ElementsAre(1, -3, 8, 4, 2, 1, 8, -8));
  EXPECT_THAT(values(device_->expand(codes, {1, 2}, q)), ElementsAre(2, 1, 8, -8));
  EXPECT_THAT(values(device_->fake_quantize(x, q)), ElementsAre(1, -3, 8, 4, 2, 1, 8, -8));
  EXPECT_EQ(values(device_->through_codes(x, q)), values(device_->fake_quantize(x, q)));
  const Tensor exact = device_->expand(codes, {1, 2}, q, kFloat64);
  EXPECT_EQ(exact.as<double>()[3], -8);
  const Tensor rows = device_->gather(x, &q, integers({2}, {1, 0}), kFloat32, "t");
  EXPECT_THAT(values(rows), ElementsAre(2, 1, 8, -8, 1, -3, 8, 4));
  EXPECT_EQ(values(device_->gather(codes, &q, integers({2}, {1, 0}), kFloat32, "t")), values(rows));
  std::byte piece[3];
  device_->encode_elements(x, {3, 3}, q, piece);
  EXPECT_EQ(std::memcmp(piece, codes.data + 3, 3), 0);
}

TEST_F(ReferenceDevice, BlocksFitTheTensor) {
  for (const Shape& shape : {Shape{2, 5}, Shape{8}, Shape{}, Shape{4, 4}}) {
    test::expect_error(
        ErrorKind::kInternal, "4 scales along axis -1 in blocks of 2 for a tensor of shape", [&] {
          (void)device_->fake_quantize(test::ramp(shape), blocks(kInt8, {1, 1, 1, 1}, {0, 0, 0, 0}, 2));
        });
  }
}

TEST_F(ReferenceDevice, ChannelHistogramsCountEachChannelWithItsLimit) {
  const Tensor x = floats({2, 2, 2}, {-9, 0, 1, 3, 0.5f, -0.5f, -1, 9});
  std::vector<uint64_t> counts(4, 1);
  const std::vector<float> limits = {1, 4};
  device_->channel_histograms(x, 1, limits, counts);
  EXPECT_THAT(counts, ElementsAre(3, 3, 2, 4)) << "-9 -0.5 | 0 0.5; -1 | 1 3 9";
  std::vector<uint64_t> last(4);
  device_->channel_histograms(x, 2, limits, last);
  EXPECT_THAT(last, ElementsAre(2, 2, 1, 3)) << "-9 -1 | 1 0.5; -0.5 | 0 3 9";
}

TEST_F(ReferenceDevice, PiecesLieInsideTheConstant) {
  const Tensor x = floats({2, 2}, {1, 2, 3, 4});
  const QParams q = qparams(kUInt8, {1}, {0});
  std::byte codes[8];
  float values[8];
  const ElementRange outside[] = {{-1, 1}, {0, -1}, {0, 5}, {4, 1}, {5, 0}};
  for (const ElementRange& one : outside) {
    test::expect_error(ErrorKind::kInternal, "of a tensor of shape [2, 2]",
                       [&] { device_->encode_elements(x, one, q, codes); });
    test::expect_error(ErrorKind::kInternal, "of a tensor of shape [2, 2]",
                       [&] { device_->widen_elements(x, one, values); });
  }
  EXPECT_NO_THROW(device_->encode_elements(x, {4, 0}, q, nullptr));
  Tensor integers = Tensor::allocate(kInt32, {2, 2});
  test::expect_error(ErrorKind::kInternal, "no conversion from int32", [&] {
    device_->widen_elements(integers, {0, 1}, values);
  });
  test::expect_error(ErrorKind::kInternal, "no conversion from int32", [&] {
    device_->encode_elements(integers, {0, 1}, q, codes);
  });
}

TEST_F(ReferenceDevice, RangeSaysWhetherAllIsFinite) {
  float low = 0, high = 0;
  EXPECT_TRUE(device_->range(floats({3}, {-0.0f, -0.0f, -0.0f}), -1, {&low, 1}, {&high, 1}));
  EXPECT_FALSE(std::signbit(low)) << "zeros come out as +0";
  EXPECT_FALSE(device_->range(floats({3}, {1, NAN, 2}), -1, {&low, 1}, {&high, 1}));
  EXPECT_TRUE(std::isnan(low) && std::isnan(high));
  EXPECT_FALSE(device_->range(floats({2}, {1, kInfinity}), -1, {&low, 1}, {&high, 1}));
  EXPECT_EQ(low, 1);
  EXPECT_EQ(high, kInfinity);
  EXPECT_TRUE(device_->range(floats({0}, {}), -1, {&low, 1}, {&high, 1}));
  EXPECT_EQ(low, kInfinity);
  std::vector<float> lows(2), highs(2);
  EXPECT_TRUE(device_->range(floats({2, 2}, {1, 2, 3, -4}), 1, lows, highs));
  EXPECT_THAT(lows, ElementsAre(1, -4));
  EXPECT_THAT(highs, ElementsAre(3, 2));
}

TEST_F(ReferenceDevice, HistogramTakesWhatLiesOutsideIntoTheEnds) {
  std::vector<uint64_t> counts = {10, 0, 0, 0};
  device_->histogram(floats({6}, {-9, -1, -0.5f, 0, 0.99f, 9}), 1, counts);
  EXPECT_THAT(counts, ElementsAre(12, 1, 1, 2));
}

TEST_F(ReferenceDevice, GatherRefusesIndicesOutsideTheTable) {
  const Tensor table = floats({2, 2}, {1, 2, 3, 4});
  for (const int64_t index : {int64_t{2}, int64_t{-1}, std::numeric_limits<int64_t>::max()}) {
    test::expect_error(ErrorKind::kData, "is outside the table's 2 rows",
                       [&] { (void)device_->gather(table, nullptr, integers({1}, {index}), kFloat32, "t"); });
  }
  const QParams q = qparams(kInt8, {0.5f, 2}, {0, 0}, 0);
  const Tensor codes = device_->encode(table, all_rows(table), q);
  EXPECT_THAT(values(device_->gather(codes, &q, integers({2}, {1, 1}), kFloat32, "t")),
              ElementsAre(4, 4, 4, 4));
}

TEST_F(ReferenceDevice, IntegersWrapAroundAndKeepTheirDtype) {
  Tensor a = Tensor::allocate(kInt8, {2});
  a.mutable_as<int8_t>()[0] = 127;
  a.mutable_as<int8_t>()[1] = -128;
  const Tensor sum = device_->run(find_op("add", 1).value(), std::vector<OpArgument>{a, a});
  EXPECT_EQ(sum.dtype, kInt8);
  EXPECT_THAT(std::vector<int>(sum.as<int8_t>(), sum.as<int8_t>() + 2), ElementsAre(-2, 0));
}

}  // namespace
}  // namespace vernier::core
