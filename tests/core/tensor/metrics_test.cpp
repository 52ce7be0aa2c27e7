#include "tensor/metrics.h"

#include <gtest/gtest.h>

#include <cmath>
#include <limits>
#include <nlohmann/json.hpp>

#include "support/expect_error.h"
#include "vernier/core/error.h"

namespace vernier::core {
namespace {

Tensor floats(const std::vector<float>& values) {
  Tensor tensor = Tensor::allocate(kFloat32, {static_cast<int64_t>(values.size())});
  std::copy(values.begin(), values.end(), tensor.mutable_as<float>());
  return tensor;
}

TEST(Metrics, AreWhatTheirDefinitionsSay) {
  Metrics metrics;
  metrics.add(floats({1, -3, 2, 0}), floats({1.5f, -3, 1, 0}));
  EXPECT_DOUBLE_EQ(metrics.mean_abs_diff(), 1.5 / 4);
  EXPECT_DOUBLE_EQ(metrics.max_abs_diff(), 1.0);
  EXPECT_DOUBLE_EQ(metrics.peir(), 1.0 / 5);
  EXPECT_DOUBLE_EQ(metrics.sqnr_db(), 10 * std::log10(14.0 / 1.25));
  EXPECT_DOUBLE_EQ(metrics.cosine(), (1.5 + 9 + 2) / std::sqrt(14.0 * (2.25 + 9 + 1)));
}

TEST(Metrics, GoOverAllSamplesAsOverOne) {
  Metrics once, twice;
  once.add(floats({1, -3, 2, 0}), floats({1.5f, -3, 1, 0}));
  twice.add(floats({1, -3}), floats({1.5f, -3}));
  twice.add(floats({2, 0}), floats({1, 0}));
  EXPECT_EQ(once.to_json(), twice.to_json());
}

TEST(Metrics, NothingDiffersIsAnInfiniteSqnr) {
  Metrics metrics;
  metrics.add(floats({1, 2}), floats({1, 2}));
  EXPECT_EQ(metrics.sqnr_db(), std::numeric_limits<double>::infinity());
  EXPECT_TRUE(metrics.to_json().at("sqnr_db").is_null());
  EXPECT_EQ(metrics.cosine(), 1.0);
  EXPECT_EQ(metrics.peir(), 0.0);
}

TEST(Metrics, AConstantReferenceHasAnIntervalOfOne) {
  Metrics metrics;
  metrics.add(floats({2, 2}), floats({2.5f, 2}));
  EXPECT_DOUBLE_EQ(metrics.peir(), 0.5);
}

TEST(Metrics, NaNIsNotLost) {
  Metrics metrics;
  metrics.add(floats({1, 2, 3}), floats({1, NAN, 3}));
  EXPECT_TRUE(std::isnan(metrics.max_abs_diff()));
}

TEST(Metrics, RefuseTensorsOfDifferentShapes) {
  Metrics metrics;
  test::expect_error(ErrorKind::kInternal, "metrics compare float32 [2] with float32 [1]", [&] {
    metrics.add(floats({1, 2}), floats({1}));
  });
}

}  // namespace
}  // namespace vernier::core
