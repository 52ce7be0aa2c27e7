// What a consumer fixes stands in the graph: which nodes, which dtypes, and what follows them.
#include "graph/lower.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "core/graph/graph_builder.h"
#include "graph/fold.h"
#include "support/expect_error.h"
#include "support/shipped_profile.h"

namespace vernier::core::testing {
namespace {

using ::testing::ElementsAre;

ProfileLowering of_circle() { return *test::shipped_profile("circle").lowering; }

// op of a quantized x, its result quantized.
Graph one_op(const char* op, const QParams& operand, const QParams& result) {
  GraphBuilder b;
  const ValueIndex x = b.quantize(b.input("x", {4}), operand, "m/x");
  return fold(b.outputs({b.quantize(b.node(op, {x}, {4}, {}, "y"), result, "m/y")})).graph;
}

std::vector<std::string> ops_of(const Graph& graph) {
  std::vector<std::string> ops;
  for (const GraphNode& node : graph.nodes) ops.push_back(node.op);
  return ops;
}

const QParams& result_of(const Graph& graph, size_t node) {
  return *graph.values[graph.nodes.at(node).outputs[0]].qparams;
}

struct FixedCase {
  const char* op;
  DType operand, result;
  DType dtype;  // of the fixed qparams
  float scale;
  int32_t zero_point;
};

TEST(Lower, FixesResultsInTheDtypeThatOperandAndResultShare) {
  const FixedCase table[] = {
      {"sigmoid", kUInt8, kUInt8, kUInt8, 1.0f / 256, 0},
      {"sigmoid", kInt8, kInt8, kInt8, 1.0f / 256, -128},
      {"sigmoid", kInt16, kInt16, kInt16, 1.0f / 32768, 0},
      {"tanh", kUInt8, kUInt8, kUInt8, 1.0f / 128, 128},
      {"tanh", kInt8, kUInt8, kInt8, 1.0f / 128, 0},
      {"tanh", kUInt8, kInt16, kInt16, 1.0f / 32768, 0},
      {"softmax", kInt16, kUInt8, kInt16, 1.0f / 32767, 0},
      {"softmax", kUInt8, kUInt8, kUInt8, 1.0f / 255, 0},
      {"softmax", kUInt4, kUInt8, kInt16, 1.0f / 32767, 0},
  };
  for (const FixedCase& row : table) {
    SCOPED_TRACE(row.op);
    Graph graph = one_op(row.op, per_tensor(0.5f, 3, row.operand), per_tensor(0.25f, 0, row.result));
    lower(graph, of_circle());
    ASSERT_THAT(ops_of(graph), ElementsAre(row.op, "requantize"));
    EXPECT_EQ(result_of(graph, 0), per_tensor(row.scale, row.zero_point, row.dtype));
    EXPECT_EQ(graph.values[graph.nodes[0].outputs[0]].name, "y/raw");
    EXPECT_EQ(graph.values[graph.nodes[0].outputs[0]].dtype, row.dtype);
    EXPECT_EQ(graph.nodes[1].inputs, graph.nodes[0].outputs);
    EXPECT_EQ(graph.outputs, graph.nodes[1].outputs) << "the site keeps what was observed";
    EXPECT_EQ(result_of(graph, 1), per_tensor(0.25f, 0, row.result));
  }
}

TEST(Lower, LeavesWhatFitsAlreadyWhatIsFloatAndWhatHasNoRow) {
  const Graph table[] = {
      one_op("sigmoid", per_tensor(0.5f, 3), per_tensor(1.0f / 256, 0)),
      one_op("sigmoid", per_tensor(0.5f, 3, kUInt4), per_tensor(0.25f, 0, kUInt4)),
      one_op("silu", per_tensor(0.5f, 3, kUInt4), per_tensor(0.25f, 0, kUInt4)),
      one_op("neg", per_tensor(0.5f, 3), per_tensor(0.25f, 0)),
      [] {
        GraphBuilder b;
        return fold(b.outputs({b.node("silu", {b.node("sigmoid", {b.input("x", {4})}, {4})}, {4})})).graph;
      }(),
  };
  for (const Graph& graph : table) {
    Graph lowered = graph;
    lower(lowered, of_circle());
    EXPECT_EQ(lowered, graph);
  }
}

TEST(Lower, MakesTheStepsOfSilu) {
  Graph graph = one_op("silu", per_tensor(0.5f, 3), per_tensor(0.25f, 1));
  const ValueIndex x = graph.nodes[0].inputs[0];
  const ValueIndex y = graph.outputs[0];
  lower(graph, of_circle());
  ASSERT_THAT(ops_of(graph), ElementsAre("sigmoid", "mul"));
  const ValueIndex gate = graph.nodes[0].outputs[0];
  EXPECT_EQ(graph.values[gate].name, "y/sigmoid");
  EXPECT_EQ(*graph.values[gate].qparams, per_tensor(1.0f / 256, 0));
  EXPECT_THAT(graph.nodes[0].inputs, ElementsAre(x));
  EXPECT_THAT(graph.nodes[1].inputs, ElementsAre(x, gate));
  EXPECT_THAT(graph.nodes[1].outputs, ElementsAre(y));
  EXPECT_EQ(*graph.values[y].qparams, per_tensor(0.25f, 1));
  EXPECT_EQ(graph.nodes[1].module, "m");
}

// Nothing observed in the file's place: only the step is left of the table.
TEST(Lower, WithoutFixedQparamsKeepsTheObservedOnesAndTheSteps) {
  ProfileLowering steps = of_circle();
  steps.fixed_qparams.clear();
  Graph sigmoid = one_op("sigmoid", per_tensor(0.5f, 3), per_tensor(0.25f, 0));
  const Graph before = sigmoid;
  lower(sigmoid, steps);
  EXPECT_EQ(sigmoid, before);
  Graph silu = one_op("silu", per_tensor(0.5f, 3), per_tensor(0.25f, 0));
  lower(silu, steps);
  EXPECT_THAT(ops_of(silu), ElementsAre("sigmoid", "mul"));
}

TEST(Lower, TakesAnotherNameWhereItsOwnIsTaken) {
  GraphBuilder b;
  const ValueIndex x = b.quantize(b.input("y/raw", {4}), per_tensor(0.5f, 3), "m/x");
  Graph graph =
      fold(b.outputs({b.quantize(b.node("tanh", {x}, {4}, {}, "y"), per_tensor(0.25f, 0), "m/y")})).graph;
  lower(graph, of_circle());
  EXPECT_EQ(graph.values[graph.nodes[0].outputs[0]].name, "y/raw#2");
}

TEST(Lower, RefusesAGraphThatIsNotFolded) {
  GraphBuilder b;
  Graph graph = b.outputs({b.quantize(b.input("x", {4}), per_tensor(0.5f, 3), "m/x")});
  test::expect_error(ErrorKind::kInternal, "the graph is not folded", [&] { lower(graph, of_circle()); });
}

}  // namespace
}  // namespace vernier::core::testing
