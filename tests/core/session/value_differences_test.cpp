#include "session/value_differences.h"

#include <gtest/gtest.h>

#include <limits>
#include <nlohmann/json.hpp>

#include "kernels/thread_pool.h"
#include "support/tensors.h"
#include "vernier/core/device_factory.h"

namespace vernier::core {
namespace {

Tensor wholes(std::vector<int64_t> values) {
  Tensor x = Tensor::allocate(kInt64, {static_cast<int64_t>(values.size())});
  std::copy(values.begin(), values.end(), x.mutable_as<int64_t>());
  return x;
}

class ValueDifference : public ::testing::Test {
 protected:
  std::optional<nlohmann::json> of(const Tensor& a, const Tensor& b, double atol = 0, double rtol = 0) {
    return value_difference(a, b, atol, rtol, *device_);
  }
  std::shared_ptr<ThreadPool> pool_ = ThreadPool::of_process(1);
  std::unique_ptr<Device> device_ = make_reference_device(*pool_);
};

// 2^53 + 1 is 2^53 as float64.
TEST_F(ValueDifference, OfWholeNumbersIsExact) {
  constexpr int64_t kWide = (int64_t{1} << 53) + 1;
  EXPECT_FALSE(of(wholes({kWide, -kWide}), wholes({kWide, -kWide})));
  const auto one = of(wholes({7, kWide}), wholes({7, kWide - 1}));
  ASSERT_TRUE(one);
  EXPECT_EQ(one->at("largest"), 1);
  EXPECT_EQ(one->at("at"), nlohmann::json::parse("[1]"));
  EXPECT_EQ(one->at("value"), kWide);
  EXPECT_EQ(one->at("other"), kWide - 1);
  EXPECT_FALSE(of(wholes({7, kWide}), wholes({7, kWide - 1}), 1));
  EXPECT_TRUE(of(wholes({7, kWide}), wholes({7, kWide - 2}), 1));
  EXPECT_FALSE(of(wholes({100}), wholes({110}), 0, 0.1));
  EXPECT_TRUE(of(wholes({98}), wholes({110}), 0, 0.1));
}

TEST_F(ValueDifference, OfTheEndsDoesNotOverflow) {
  using Limits = std::numeric_limits<int64_t>;
  const auto ends = of(wholes({Limits::min()}), wholes({Limits::max()}));
  ASSERT_TRUE(ends);
  EXPECT_EQ(ends->at("largest"), std::numeric_limits<uint64_t>::max());
}

}  // namespace
}  // namespace vernier::core
