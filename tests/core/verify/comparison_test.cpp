#include "verify/comparison.h"

#include <gtest/gtest.h>

#include <cmath>
#include <limits>
#include <nlohmann/json.hpp>

namespace vernier::core {
namespace {

Tensor floats(const std::vector<float>& values) {
  Tensor result = Tensor::allocate(kFloat32, {static_cast<int64_t>(values.size())});
  std::copy(values.begin(), values.end(), result.mutable_as<float>());
  return result;
}

TEST(Comparison, CountsStepsOfTheReferencesGrid) {
  Comparison comparison;
  comparison.add(floats({0, 0.5f, 1, -1.5f}), floats({0, 1, 1, -3}), 0.5f);
  EXPECT_EQ(comparison.elements(), 4u);
  EXPECT_EQ(comparison.codes_differ(), 2u);
  EXPECT_EQ(comparison.share(), 0.5);
  EXPECT_EQ(comparison.max_step(), 3);
  EXPECT_EQ(comparison.beyond_one_step(), 1u);
  EXPECT_TRUE(comparison.diverges());
  comparison.add(floats({0, 0}), floats({0.24f, -0.24f}), 0.5f);
  EXPECT_EQ(comparison.codes_differ(), 2u) << "less than half a step away is the same code";
  EXPECT_EQ(comparison.elements(), 6u);
  EXPECT_EQ(comparison.value("codes_differ"), 2.0 / 6);
  EXPECT_EQ(comparison.value("max_step"), 3);
  EXPECT_EQ(comparison.value("max_abs_diff"), 1.5);
}

TEST(Comparison, NumbersThatAreNoneAreTheGreatestStep) {
  Comparison comparison;
  comparison.add(floats({1, 1}), floats({std::nanf(""), std::numeric_limits<float>::infinity()}), 1.0f);
  EXPECT_EQ(comparison.codes_differ(), 2u);
  EXPECT_EQ(comparison.max_step(), std::numeric_limits<int64_t>::max());
}

TEST(Comparison, AFloatTensorHasNoCodes) {
  Comparison same, other, nan;
  same.add(floats({1, 1000}), floats({1.005f, 1000}), std::nullopt);
  EXPECT_FALSE(same.diverges()) << "0.005 of a peak of 1000";
  EXPECT_TRUE(same.to_json()["max_step"].is_null());
  other.add(floats({1, 1000}), floats({1.05f, 1000}), std::nullopt);
  EXPECT_TRUE(other.diverges());
  nan.add(floats({1}), floats({std::nanf("")}), std::nullopt);
  EXPECT_TRUE(nan.diverges());
}

}  // namespace
}  // namespace vernier::core
