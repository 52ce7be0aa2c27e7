#include "quantization/exact.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "kernels/thread_pool.h"
#include "quantization/site_quant.h"

namespace vernier::core {
namespace {

using ::testing::ElementsAre;

Tensor floats(const Shape& shape, const std::vector<float>& values) {
  Tensor result = Tensor::allocate(kFloat32, shape);
  std::copy(values.begin(), values.end(), result.mutable_as<float>());
  return result;
}

std::vector<double> doubles(const Tensor& x) { return {x.as<double>(), x.as<double>() + x.elements()}; }

QParams qparams(DType dtype, std::vector<float> scale, std::vector<int32_t> zero_point, int64_t axis = -1) {
  QParams result;
  result.dtype = dtype;
  result.scale = std::move(scale);
  result.zero_point = std::move(zero_point);
  result.axis = axis;
  return result;
}

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

TEST(ExpandExactly, CodesAndRows) {
  ThreadPool pool(1);
  const QParams q = qparams(kInt8, {0.1f, 0.2f}, {1, -1}, 0);
  const Tensor codes = encode(floats({2, 2}, {0.3f, 0, 0.4f, -0.2f}), q, pool);
  const double a = static_cast<double>(0.1f), b = static_cast<double>(0.2f);
  EXPECT_THAT(doubles(expand_codes_exactly(codes, q, pool)), ElementsAre(3 * a, 0, 2 * b, -b));
  EXPECT_THAT(doubles(expand_code_rows_exactly(codes, q, {1, 0, 1}, {3}, pool)),
              ElementsAre(2 * b, -b, 3 * a, 0, 2 * b, -b));
  EXPECT_THAT(doubles(to_float64(floats({1}, {0.1f}), pool)), ElementsAre(static_cast<double>(0.1f)));
}

}  // namespace
}  // namespace vernier::core
