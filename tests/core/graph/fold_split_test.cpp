// A view with several results: each piece has the codes of the whole.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "core/graph/graph_builder.h"
#include "graph/fold.h"

namespace vernier::core::testing {
namespace {

// Two columns each of x.
struct Pieces {
  GraphBuilder b;
  ValueIndex left, right;

  explicit Pieces(ValueIndex (*made)(GraphBuilder&)) {
    const ValueIndex x = made(b);
    left =
        b.node("split", {x}, {2, 2}, {{"axis", int64_t{1}}, {"sizes", std::vector<int64_t>{2, 2}}}, "left");
    right = b.add("right", {2, 2}, ValueKind::kIntermediate);
    b.graph.nodes.back().outputs.push_back(right);
  }
};

ValueIndex input_of(GraphBuilder& b) { return b.input("x", {2, 4}); }
ValueIndex quantized_input(GraphBuilder& b) {
  return b.quantize(b.input("x", {2, 4}), per_tensor(0.5f, 3), "m/x");
}

std::vector<std::string> ops_after_fold(const Graph& folded) {
  std::vector<std::string> ops;
  for (const GraphNode& node : folded.nodes) ops.push_back(node.op);
  return ops;
}

const std::optional<QParams>& qparams_of(const Graph& graph, const std::string& name) {
  for (const GraphValue& value : graph.values) {
    if (value.name == name) return value.qparams;
  }
  throw std::runtime_error("no value " + name);
}

TEST(FoldSplit, CarriesTheQparamsOfTheWholeToEachPiece) {
  Pieces p(quantized_input);
  const Graph folded = fold(p.b.outputs({p.left, p.right})).graph;
  EXPECT_THAT(ops_after_fold(folded), ::testing::ElementsAre("split"));
  EXPECT_EQ(*qparams_of(folded, "left"), per_tensor(0.5f, 3));
  EXPECT_EQ(*qparams_of(folded, "right"), per_tensor(0.5f, 3));
}

TEST(FoldSplit, RequantizesAPieceOfOtherQparams) {
  Pieces p(quantized_input);
  const ValueIndex right = p.b.quantize(p.right, per_tensor(0.25f, 0), "m/right");
  const Graph folded = fold(p.b.outputs({p.left, right})).graph;
  EXPECT_THAT(ops_after_fold(folded), ::testing::ElementsAre("split", "requantize"));
}

TEST(FoldSplit, PiecesThatAgreeGiveTheWholeTheirQparams) {
  Pieces p(input_of);
  const QParams q = per_tensor(0.5f, 3);
  const ValueIndex left = p.b.quantize(p.left, q, "m/left"), right = p.b.quantize(p.right, q, "m/right");
  const Graph folded = fold(p.b.outputs({left, right})).graph;
  EXPECT_THAT(ops_after_fold(folded), ::testing::ElementsAre("split"));
  EXPECT_EQ(*qparams_of(folded, "x"), q);
}

TEST(FoldSplit, PiecesThatDifferLeaveTheWholeFloat) {
  Pieces p(input_of);
  const ValueIndex left = p.b.quantize(p.left, per_tensor(0.5f, 3), "m/left");
  const ValueIndex right = p.b.quantize(p.right, per_tensor(0.25f, 0), "m/right");
  const Graph folded = fold(p.b.outputs({left, right})).graph;
  EXPECT_THAT(ops_after_fold(folded), ::testing::ElementsAre("split", "quantize", "quantize"));
  EXPECT_FALSE(qparams_of(folded, "x").has_value());
}

TEST(FoldSplit, APieceThatNobodyReadsDecidesNothing) {
  Pieces p(input_of);
  const ValueIndex left = p.b.quantize(p.left, per_tensor(0.5f, 3), "m/left");
  const Graph folded = fold(p.b.outputs({left})).graph;
  EXPECT_THAT(ops_after_fold(folded), ::testing::ElementsAre("split"));
  EXPECT_EQ(*qparams_of(folded, "x"), per_tensor(0.5f, 3));
}

}  // namespace
}  // namespace vernier::core::testing
