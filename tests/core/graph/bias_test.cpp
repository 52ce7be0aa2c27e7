#include "graph/bias.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <cmath>
#include <cstdint>
#include <cstring>

#include "core/graph/graph_builder.h"
#include "graph/message.h"
#include "vernier/core/error.h"

namespace vernier::core {
namespace {

using ::testing::ElementsAre;
using testing::GraphBuilder;
using ::testing::HasSubstr;
using ::testing::IsEmpty;
using testing::linear_graph;
using testing::per_channel;
using testing::per_tensor;
using testing::reads;

template <typename Code>
std::vector<Code> codes(const BiasCodes& bias) {
  std::vector<Code> result(bias.codes.size() / sizeof(Code));
  std::memcpy(result.data(), bias.codes.data(), bias.codes.size());
  return result;
}

// Codes and scales as TICO 0.3.0's QuantizeBias computes them in float32 (torch 2.13): round(bias / (s_in *
// s_w)).
TEST(BiasTest, EqualsTico) {
  Graph graph =
      linear_graph(per_tensor(0.0123f, 128), per_channel(0, {0.0031f, 0.0007f, 0.0113f, 0.5f}, kUInt8), 4);
  const BiasPlan plan = plan_biases(graph, reads({0.1f, -0.25f, 1.7320508f, 0.00922500062f}));
  ASSERT_EQ(plan.biases.size(), 1u);
  EXPECT_EQ(plan.biases[0].value, 2u);
  EXPECT_EQ(plan.biases[0].source, 2u);
  EXPECT_EQ(plan.saturated(), 0u);
  const GraphValue& bias = graph.values[2];
  EXPECT_TRUE(bias.dtype == kInt32);
  EXPECT_EQ(bias.constant_bytes, 16u);
  EXPECT_EQ(bias.qparams->axis, 0);
  EXPECT_THAT(bias.qparams->scale, ElementsAre(3.813e-05f, 8.609999e-06f, 0.00013899f, 0.00615f));
  EXPECT_THAT(bias.qparams->zero_point, ElementsAre(0, 0, 0, 0));
  EXPECT_THAT(codes<int32_t>(plan.biases[0]), ElementsAre(2623, -29036, 12462, 2));
  EXPECT_NO_THROW(write_message(graph));
}

TEST(BiasTest, RoundsHalfToEven) {
  Graph graph = linear_graph(per_tensor(0.5f, 0), per_tensor(2.0f, 0), 6);
  const BiasPlan plan = plan_biases(graph, reads({0.5f, 1.5f, 2.5f, -0.5f, -1.5f, -0.49f}));
  EXPECT_THAT(codes<int32_t>(plan.biases[0]), ElementsAre(0, 2, 2, 0, -2, 0));
  EXPECT_EQ(graph.values[2].qparams->axis, -1);  // one scale for the whole bias
  EXPECT_THAT(graph.values[2].qparams->scale, ElementsAre(1.0f));
}

TEST(BiasTest, SixteenBitInputsTakeInt64) {
  Graph graph = linear_graph(per_tensor(1e-4f, 0, kInt16), per_channel(0, {1e-3f, 1e-9f}), 2);
  const BiasPlan plan = plan_biases(graph, reads({1.0f, 1.0f}));
  EXPECT_TRUE(graph.values[2].dtype == kInt64);
  EXPECT_THAT(codes<int64_t>(plan.biases[0]), ElementsAre(10000000, 10000000876544));
}

TEST(BiasTest, SaturatesAndCounts) {
  Graph graph = linear_graph(per_tensor(1e-6f, 0), per_tensor(1e-6f, 0), 4);
  const BiasPlan plan = plan_biases(graph, reads({1.0f, -1.0f, 0.001f, 0.0f}));
  EXPECT_EQ(plan.saturated(), 2u);
  EXPECT_THAT(codes<int32_t>(plan.biases[0]), ElementsAre(INT32_MAX, INT32_MIN, 1000000064, 0));
  Graph edge = linear_graph(per_tensor(1.0f, 0), per_tensor(1.0f, 0), 2);
  EXPECT_EQ(plan_biases(edge, reads({-2147483648.0f, 2147483648.0f})).saturated(), 1u);
  Graph wide = linear_graph(per_tensor(1.0f, 0, kInt16), per_tensor(1.0f, 0), 2);
  const BiasPlan wide_plan = plan_biases(wide, reads({1e30f, -1e30f}));
  EXPECT_THAT(codes<int64_t>(wide_plan.biases[0]), ElementsAre(INT64_MAX, INT64_MIN));
  EXPECT_EQ(wide_plan.saturated(), 2u);
}

TEST(BiasTest, SharedBiasIsCodedForEachLinear) {
  GraphBuilder b;
  const ValueIndex x = b.input("x", {1, 3}, kUInt8);
  b.graph.values[x].qparams = per_tensor(1, 0);
  const ValueIndex bias = b.constant("b", {2});
  const ValueIndex one = b.node("linear", {x, b.coded("w1", {2, 3}, per_tensor(1, 0)), bias}, {1, 2});
  const ValueIndex two = b.node("linear", {x, b.coded("w2", {2, 3}, per_tensor(0.5f, 0)), bias}, {1, 2});
  Graph graph = b.outputs({one, two});
  const BiasPlan plan = plan_biases(graph, reads({3, 4}));
  ASSERT_EQ(plan.biases.size(), 2u);
  EXPECT_EQ(graph.nodes[0].inputs[2], 6u);
  EXPECT_EQ(graph.nodes[1].inputs[2], bias);
  EXPECT_EQ(graph.values[6].name, "b#2");
  EXPECT_TRUE(graph.values[6].is_filled) << "no checkpoint has a tensor of this name";
  EXPECT_EQ(plan.biases[0].value, bias);
  EXPECT_THAT(codes<int32_t>(plan.biases[0]), ElementsAre(6, 8));
  EXPECT_EQ(plan.biases[1].source, bias);
  EXPECT_THAT(codes<int32_t>(plan.biases[1]), ElementsAre(3, 4));
  EXPECT_NO_THROW(write_message(graph));
}

TEST(BiasTest, LeavesWhatIsNotALinearOfCodes) {
  const auto untouched = [](Graph graph) {
    return plan_biases(graph, [](ValueIndex) -> std::vector<float> { throw internal_error("read"); }).biases;
  };
  Graph graph = linear_graph(per_tensor(1, 0), per_tensor(1, 0), 2);
  graph.nodes[0].inputs[2] = kNoValue;
  EXPECT_THAT(untouched(graph), IsEmpty());
  graph = linear_graph(per_tensor(1, 0), per_channel(1, {1, 1, 1}), 2);
  EXPECT_THAT(untouched(graph), IsEmpty());
  graph = linear_graph(per_channel(1, {1, 1, 1}), per_tensor(1, 0), 2);
  EXPECT_THAT(untouched(graph), IsEmpty());
  graph = linear_graph(per_tensor(1, 0), per_tensor(1, 0), 2);
  graph.values[0].qparams.reset();
  EXPECT_THAT(untouched(graph), IsEmpty());
  graph = linear_graph(per_tensor(1, 0), per_tensor(1, 0), 2);
  graph.nodes[0].op = "matmul";
  EXPECT_THAT(untouched(graph), IsEmpty());
}

// [in, out, kH, kW]: the scales lie on axis 1, those of the bias on its own axis.
TEST(BiasTest, ATransposedConvolutionHasItsOutputsOnAxisOne) {
  const auto graph = [](QParams weight, int64_t groups) {
    GraphBuilder b;
    const ValueIndex x = b.input("x", {1, 2, 3, 3}, kUInt8);
    b.graph.values[x].qparams = per_tensor(0.5f, 0);
    const ValueIndex w = b.coded("w", {2, 3, 2, 2}, std::move(weight));
    return b.outputs({b.node("conv_transpose2d", {x, w, b.constant("b", {3 * groups})}, {1, 3 * groups, 4, 4},
                             {{"groups", groups}})});
  };
  Graph by_output = graph(per_channel(1, {1, 2, 4}), 1);
  const BiasPlan plan = plan_biases(by_output, reads({3, 3, 3}));
  ASSERT_EQ(plan.biases.size(), 1u);
  EXPECT_THAT(codes<int32_t>(plan.biases[0]), ElementsAre(6, 3, 2));  // 1.5 goes to the even one
  EXPECT_EQ(by_output.values[plan.biases[0].value].qparams->axis, 0);
  EXPECT_NO_THROW(write_message(by_output));
  for (Graph other : {graph(per_channel(0, {1, 2}), 1), graph(per_tensor(1, 0), 2)})
    EXPECT_THAT(plan_biases(other, reads({3, 3, 3})).biases, IsEmpty());
}

TEST(BiasTest, NamesWhatCannotBeCoded) {
  const auto refusal = [](QParams input, std::vector<float> bias) {
    Graph graph = linear_graph(std::move(input), per_tensor(1e-30f, 0), 2);
    try {
      plan_biases(graph, reads(std::move(bias)));
    } catch (const Error& error) {
      return error.format();
    }
    return std::string("coded");
  };
  EXPECT_THAT(refusal(per_tensor(1, 0), {1, NAN}), HasSubstr("bias value 1 is nan"));
  EXPECT_THAT(refusal(per_tensor(1, 0), {INFINITY, 1}), HasSubstr("bias value 0 is inf"));
  EXPECT_THAT(refusal(per_tensor(1e-30f, 0), {1, 1}), HasSubstr("node 0 \"linear\" of m"));
  EXPECT_THAT(refusal(per_tensor(1, 0), {1}), HasSubstr("bias with 1 of 2 values"));
}

}  // namespace
}  // namespace vernier::core
