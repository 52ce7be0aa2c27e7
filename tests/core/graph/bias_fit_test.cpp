// When a bias is too great for its integer at the weight's scale, and what scale it needs.
#include "graph/bias_fit.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <cmath>
#include <limits>

#include "core/graph/graph_builder.h"
#include "vernier/core/error.h"

namespace vernier::core {
namespace {

using testing::GraphBuilder;
using ::testing::HasSubstr;
using ::testing::IsEmpty;
using testing::linear_graph;
using testing::per_channel;
using testing::per_tensor;
using testing::reads;

// The bias codes after the scales were raised as asked.
BiasPlan raised(Graph& graph, const FloatReader& read) {
  for (const SmallWeightScale& one : small_weight_scales(graph, read))
    graph.values[one.weight].qparams->scale[one.index] = one.needed;
  EXPECT_THAT(small_weight_scales(graph, read), IsEmpty()) << "once is enough";
  return plan_biases(graph, read);
}

TEST(BiasFit, LeavesBiasesThatFitAlone) {
  const Graph graph = linear_graph(per_tensor(0.02f, 128), per_channel(0, {0.003f, 0.0007f}, kUInt8), 2);
  EXPECT_THAT(small_weight_scales(graph, reads({5.0f, -4.5f})), IsEmpty());
}

TEST(BiasFit, ADeadChannelNeedsTheScaleThatItsBiasFits) {
  Graph graph = linear_graph(per_tensor(0.02f, 0), per_channel(0, {0.003f, 1e-8f, 1e-8f}, kUInt8), 3);
  const auto read = reads({0.5f, 5.0f, -4.5f});
  const auto small = small_weight_scales(graph, read);
  ASSERT_EQ(small.size(), 2u);
  EXPECT_EQ(small[0].weight, 1u);
  EXPECT_EQ(small[0].bias, 2u);
  EXPECT_EQ(small[0].index, 1u);
  // 2^31 - 1 less 3 products of at most 255 * 255.
  EXPECT_NEAR(small[0].needed, 5.0 / (0.02 * (2147483647.0 - 3 * 65025)), 1e-13);
  EXPECT_EQ(small[1].index, 2u);
  EXPECT_NEAR(small[1].needed, 4.5 / (0.02 * (2147483647.0 - 3 * 65025)), 1e-13);
  EXPECT_EQ(raised(graph, read).saturated(), 0u);
  EXPECT_EQ(graph.values[1].qparams->scale[0], 0.003f) << "the healthy channel keeps its scale";
}

// 3 products of at most 255 * 255 are added to the bias: at most 2^31 - 1 - 195075 is left for it.
TEST(BiasFit, TheLimitIsTheAccumulators) {
  const float greatest = 2147288448.0f, beyond = 2147288576.0f;  // the neighbours of 2147288572 in float32
  ASSERT_EQ(std::nextafter(greatest, 3e9f), beyond);
  const Graph graph = linear_graph(per_tensor(1, 0), per_tensor(1, 0), 1);
  EXPECT_THAT(small_weight_scales(graph, reads({greatest})), IsEmpty());
  EXPECT_THAT(small_weight_scales(graph, reads({-greatest})), IsEmpty());
  for (const float bias : {beyond, -beyond, 2147483648.0f}) {
    const auto small = small_weight_scales(graph, reads({bias}));
    ASSERT_EQ(small.size(), 1u) << bias;
    EXPECT_GT(small[0].needed, 1.0f);
    EXPECT_LT(small[0].needed, 1.0002f) << "no more than is needed";
  }
}

TEST(BiasFit, OneScaleForTheTensorServesTheGreatestBias) {
  Graph graph = linear_graph(per_tensor(1e-6f, 0), per_tensor(1e-6f, 0), 3);
  const auto read = reads({1.0f, -7.0f, 0.0f});
  const auto small = small_weight_scales(graph, read);
  ASSERT_EQ(small.size(), 1u);
  EXPECT_EQ(small[0].index, 0u);
  EXPECT_NEAR(small[0].needed, 7.0 / (1e-6 * 2147288572.0), 1e-9);
  EXPECT_EQ(raised(graph, read).saturated(), 0u);
}

TEST(BiasFit, SixteenBitInputsHaveRoom) {
  Graph graph = linear_graph(per_tensor(1e-4f, 0, kInt16), per_channel(0, {1e-8f, 1e-8f}), 2);
  EXPECT_THAT(small_weight_scales(graph, reads({5.0f, -4.5f})), IsEmpty());
  const auto read = reads({1e30f, -1e30f});
  EXPECT_EQ(small_weight_scales(graph, read).size(), 2u);
  EXPECT_EQ(raised(graph, read).saturated(), 0u);
}

TEST(BiasFit, FourBitWeights) {
  Graph graph = linear_graph(per_tensor(0.02f, 0), per_channel(0, {1e-8f, 0.1f}, kInt4), 2);
  const auto read = reads({5.0f, 5.0f});
  ASSERT_EQ(small_weight_scales(graph, read).size(), 1u);
  EXPECT_EQ(raised(graph, read).saturated(), 0u);
}

// Runtimes flush denormal numbers to zero, so a scale that is one is no scale.
TEST(BiasFit, DenormalAndVanishingScalesAreRaisedToNormalOnes) {
  for (const float weight : {1e-20f, 1e-30f}) {  // the product is denormal, then 0
    for (const float bias : {0.0f, 1e-41f, 1e-3f}) {
      Graph graph = linear_graph(per_tensor(1e-20f, 0), per_tensor(weight, 0), 1);
      const BiasPlan plan = raised(graph, reads({bias}));
      EXPECT_EQ(plan.saturated(), 0u) << weight << " " << bias;
      EXPECT_TRUE(std::isnormal(graph.values[2].qparams->scale[0])) << weight << " " << bias;
    }
  }
}

TEST(BiasFit, LinearsThatShareTheirBiasAskForTheirOwnWeights) {
  GraphBuilder b;
  const ValueIndex x = b.input("x", {1, 3}, kUInt8);
  b.graph.values[x].qparams = per_tensor(0.5f, 0);
  const ValueIndex bias = b.constant("b", {2});
  const ValueIndex w1 = b.coded("w1", {2, 3}, per_channel(0, {1e-8f, 1}));
  const ValueIndex w2 = b.coded("w2", {2, 3}, per_channel(0, {1, 1e-8f}));
  const ValueIndex one = b.node("linear", {x, w1, bias}, {1, 2});
  const ValueIndex two = b.node("linear", {x, w2, bias}, {1, 2});
  Graph graph = b.outputs({one, two});
  const auto small = small_weight_scales(graph, reads({100.0f, 100.0f}));
  ASSERT_EQ(small.size(), 2u);
  EXPECT_EQ(small[0].weight, w1);
  EXPECT_EQ(small[0].index, 0u);
  EXPECT_EQ(small[1].weight, w2);
  EXPECT_EQ(small[1].index, 1u);
}

TEST(BiasFit, AWeightOfTwoLinearsTakesTheGreaterNeed) {
  GraphBuilder b;
  const ValueIndex x = b.input("x", {1, 3}, kUInt8);
  b.graph.values[x].qparams = per_tensor(0.5f, 0);
  const ValueIndex w = b.coded("w", {1, 3}, per_channel(0, {1e-8f}));
  const ValueIndex small_bias = b.constant("b1", {1}), great_bias = b.constant("b2", {1});
  const ValueIndex one = b.node("linear", {x, w, small_bias}, {1, 1});
  const ValueIndex two = b.node("linear", {x, w, great_bias}, {1, 1});
  const Graph graph = b.outputs({one, two});
  const auto small = small_weight_scales(
      graph, [&](ValueIndex value) { return std::vector<float>{value == great_bias ? 900.0f : 100.0f}; });
  ASSERT_EQ(small.size(), 1u);
  EXPECT_EQ(small[0].bias, great_bias);
  EXPECT_NEAR(small[0].needed, 900 / (0.5 * 2147288572.0), 1e-12);
}

TEST(BiasFit, ABiasThatIsNoNumberIsNamed) {
  const Graph graph = linear_graph(per_tensor(1, 0), per_tensor(1, 0), 2);
  for (const float odd : {std::numeric_limits<float>::quiet_NaN(), std::numeric_limits<float>::infinity()}) {
    try {
      (void)small_weight_scales(graph, reads({0, odd}));
      FAIL();
    } catch (const Error& error) {
      EXPECT_EQ(error.kind(), ErrorKind::kData);
      EXPECT_THAT(error.format(), HasSubstr("bias value 1 is"));
      EXPECT_THAT(error.format(), HasSubstr("b"));
    }
  }
}

TEST(BiasFit, ABiasThatNoScaleHoldsIsAnError) {
  const Graph graph = linear_graph(per_tensor(1e-30f, 0), per_tensor(1e-8f, 0), 1);
  try {
    (void)small_weight_scales(graph, reads({3e38f}));
    FAIL();
  } catch (const Error& error) {
    EXPECT_THAT(error.format(), HasSubstr("no weight scale makes it fit int32"));
  }
}

}  // namespace
}  // namespace vernier::core
