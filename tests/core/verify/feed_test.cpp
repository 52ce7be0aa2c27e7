#include "verify/feed.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "device/device.h"
#include "kernels/thread_pool.h"
#include "support/expect_error.h"
#include "vernier/core/device_factory.h"
#include "vernier/core/error.h"

namespace vernier::core {
namespace {

template <typename T>
Tensor tensor(DType dtype, const std::vector<T>& values) {
  Tensor result = Tensor::allocate(dtype, {static_cast<int64_t>(values.size())});
  std::copy(values.begin(), values.end(), result.mutable_as<T>());
  return result;
}

FileTensor input(const char* name, DType dtype, int64_t extent, std::optional<QParams> qparams = {}) {
  return {name, {extent}, dtype, std::move(qparams), {}};
}

TEST(MatchInputs, ByNameElseByOrder) {
  const std::vector<FileTensor> named = {input("b", kInt32, 1), input("a", kInt32, 1)};
  EXPECT_EQ(match_inputs(named, {"a", "b"}, "f"), (std::vector<size_t>{1, 0}));
  EXPECT_EQ(match_inputs(named, {"a", "c"}, "f"), (std::vector<size_t>{0, 1}));
  test::expect_error(ErrorKind::kData, "f has the inputs b, a; the recipe's entry has a",
                     [&] { (void)match_inputs(named, {"a"}, "f"); });
}

TEST(Feed, GivesTheFileItsOwnForm) {
  ThreadPool pool(1);
  const auto device = make_reference_device(pool);
  QParams qparams;
  qparams.dtype = kInt8;
  qparams.scale = {0.5f};
  qparams.zero_point = {-1};
  const std::vector<FileTensor> inputs = {input("x", kInt8, 3, qparams), input("ids", kInt64, 2),
                                          input("mask", kFloat32, 2)};
  const std::vector<Tensor> sample = {tensor<int32_t>(kInt32, {7, -8}), tensor<float>(kFloat32, {1, 0}),
                                      tensor<float>(kFloat32, {0, 1, -100})};
  const std::vector<size_t> order = {2, 0, 1};
  ASSERT_TRUE(fits(inputs, order, sample));
  EXPECT_FALSE(fits(inputs, {0, 1, 2}, sample));
  const std::vector<Tensor> fed = feed(inputs, order, sample, *device);
  EXPECT_THAT(std::vector<int>(fed[0].as<int8_t>(), fed[0].as<int8_t>() + 3),
              ::testing::ElementsAre(-1, 1, -128));
  EXPECT_THAT(std::vector<int64_t>(fed[1].as<int64_t>(), fed[1].as<int64_t>() + 2),
              ::testing::ElementsAre(7, -8));
  EXPECT_EQ(fed[2].data, sample[1].data);

  FileTensor back = inputs[0];
  back.data = fed[0];
  const Tensor real = real_values(back, *device);
  EXPECT_THAT(std::vector<float>(real.as<float>(), real.as<float>() + 3),
              ::testing::ElementsAre(0, 1, -63.5f));
}

TEST(Feed, RefusesWhatDoesNotFit) {
  ThreadPool pool(1);
  const auto device = make_reference_device(pool);
  test::expect_error(
      ErrorKind::kData, "the file's input x is int8 without qparams, the sample is float32",
      [&] { (void)feed({input("x", kInt8, 1)}, {0}, {tensor<float>(kFloat32, {1})}, *device); });
  test::expect_error(ErrorKind::kData, "value 1099511627776 of input x does not fit the file's int32", [&] {
    (void)feed({input("x", kInt32, 1)}, {0}, {tensor<int64_t>(kInt64, {int64_t{1} << 40})}, *device);
  });
}

}  // namespace
}  // namespace vernier::core
