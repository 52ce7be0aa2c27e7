// What folding keeps, names and refuses, beside its rules (fold_test.cpp).
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "core/graph/graph_builder.h"
#include "graph/fold.h"
#include "graph/value_uses.h"
#include "vernier/core/error.h"

namespace vernier::core {
namespace {

using ::testing::ElementsAre;
using testing::GraphBuilder;
using ::testing::HasSubstr;
using ::testing::IsEmpty;
using testing::per_channel;
using testing::per_tensor;

const QParams kA = per_tensor(0.5f, 128), kB = per_tensor(0.25f, 7), kC = per_tensor(2.0f, 0, kInt16);

TEST(Fold, SaysWhichConstantsToCode) {
  GraphBuilder b;
  const ValueIndex x = b.quantize(b.input("x", {4}), kA, "m/act_in");
  const ValueIndex c = b.quantize(b.constant("c", {4}), kC, "m/c");
  const ValueIndex y = b.node("mul", {x, c}, {4});
  const ValueIndex z = b.node("mul", {b.quantize(y, kB, "m/y"), b.coded("w", {4}, kB)}, {4});
  const Folded folded = fold(b.outputs({b.quantize(z, kB, "m/z")}));
  ASSERT_THAT(folded.to_code, ElementsAre(1));
  EXPECT_EQ(folded.graph.values[1].name, "c");
  EXPECT_EQ(folded.graph.values[1].constant_bytes, 8u);  // int16
  EXPECT_EQ(folded.origin[1], 2u);
}

TEST(Fold, KeepsAttributesModulesAndVersions) {
  GraphBuilder b;
  const ValueIndex y =
      b.node("rms_norm", {b.input("x", {4}), b.constant("gamma", {4})}, {4}, {{"eps", 1e-6}});
  b.graph.nodes[0].module = "model.norm";
  b.graph.nodes[0].version = 3;
  const Folded folded = fold(b.outputs({y}));
  EXPECT_EQ(folded.graph.nodes[0].attributes.at("eps"), Attribute(1e-6));
  EXPECT_EQ(folded.graph.nodes[0].module, "model.norm");
  EXPECT_EQ(folded.graph.nodes[0].version, 3u);
  EXPECT_THAT(folded.to_code, IsEmpty());
}

TEST(Fold, RefusesWhatNoRecorderLeaves) {
  const auto refusal = [](const Graph& graph) {
    try {
      fold(graph);
    } catch (const Error& error) {
      EXPECT_EQ(error.kind(), ErrorKind::kInternal);
      return std::string(error.what());
    }
    return std::string("folded");
  };
  GraphBuilder b;
  const ValueIndex ids = b.input("ids", {4}, kInt64);
  Graph graph = b.outputs({b.quantize(ids, kA, "m/act_in")});
  EXPECT_THAT(refusal(graph), HasSubstr("node 0 \"fake_quantize\" of m reads integers"));
  graph.nodes[0].inputs.push_back(0);
  EXPECT_THAT(refusal(graph), HasSubstr("must have one input and one output"));
  graph.nodes[0].inputs = {9};
  EXPECT_THAT(refusal(graph), HasSubstr("reads value 9, which does not exist"));
}

}  // namespace
}  // namespace vernier::core
