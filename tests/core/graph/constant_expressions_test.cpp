// What of a traced graph is constant, and what is left of the graph without it.
#include "graph/constant_expressions.h"

#include <gmock/gmock.h>

#include "core/graph/graph_builder.h"
#include "graph/validate.h"
#include "support/expect_error.h"

namespace vernier::core::testing {
namespace {

using ::testing::ElementsAre;
using ::testing::IsEmpty;

// A traced graph: quantize calls have no qparams yet, constants have their places in a tree.
struct Trace : GraphBuilder {
  ValueIndex parameter(const std::string& name, Shape shape) {
    const ValueIndex index = constant(name, std::move(shape));
    graph.values[index].parameter = next_++;
    return index;
  }
  ValueIndex site(ValueIndex x, int32_t number, const std::string& path) {
    const Shape shape = graph.values[x].shape;
    const ValueIndex y = node("fake_quantize", {x}, shape, {{"site", path}}, path);
    graph.nodes.back().site = number;
    return y;
  }

 private:
  int32_t next_ = 0;
};

// Constants whose names begin with "own" have sites of their own.
SeparatedConstants separate(const Graph& traced) {
  SeparatedConstants result =
      separate_constants(traced, [](const GraphValue& value) { return value.name.rfind("own", 0) != 0; });
  validate_structure(result.graph, ErrorKind::kInternal);
  for (const ConstantExpression& one : result.expressions) {
    validate_structure(one.graph, ErrorKind::kInternal);
    EXPECT_THAT(one.graph.inputs, IsEmpty());
    EXPECT_EQ(one.graph.outputs.size(), 1u);
  }
  return result;
}

std::vector<std::string> ops_of(const Graph& graph) {
  std::vector<std::string> ops;
  for (const GraphNode& node : graph.nodes) ops.push_back(node.op);
  return ops;
}
std::vector<std::string> values_of(const Graph& graph) {
  std::vector<std::string> names;
  for (const GraphValue& value : graph.values) names.push_back(value.name);
  return names;
}

TEST(ConstantExpressions, ASumWithLorasProductIsOneConstantOfItsSite) {
  Trace b;
  const ValueIndex x = b.input("x", {1, 3}), base = b.parameter("base", {4, 3}), a = b.parameter("a", {2, 3}),
                   up = b.parameter("b", {4, 2});
  const ValueIndex sum = b.node("add", {base, b.node("matmul", {up, a}, {4, 3})}, {4, 3});
  const ValueIndex y = b.node("linear", {x, b.site(sum, 7, "m/weight"), kNoValue}, {1, 4}, {}, "y");
  const SeparatedConstants found = separate(b.outputs({y}));
  EXPECT_THAT(ops_of(found.graph), ElementsAre("linear"));
  EXPECT_THAT(values_of(found.graph), ElementsAre("x", "m/weight", "y"));
  ASSERT_EQ(found.expressions.size(), 1u);
  const ConstantExpression& one = found.expressions[0];
  EXPECT_EQ(one.value, 1u);
  EXPECT_EQ(one.site, 7);
  EXPECT_FALSE(one.is_bias);
  EXPECT_THAT(ops_of(one.graph), ElementsAre("matmul", "add"));
  EXPECT_THAT(values_of(one.graph), ElementsAre("base", "a", "b", "matmul0", "add1"));
  EXPECT_EQ(one.graph.values[2].parameter, 2);
  const GraphValue& weight = found.graph.values[1];
  EXPECT_EQ(weight.kind, ValueKind::kConstant);
  EXPECT_EQ(weight.constant_bytes, 48u);
  EXPECT_TRUE(weight.is_filled);
  EXPECT_EQ(weight.parameter, -1);
  EXPECT_THAT(found.coded, IsEmpty());
}

TEST(ConstantExpressions, AGraphWithoutThemComesBackAsItIs) {
  Trace b;
  const ValueIndex x = b.input("x", {2, 3}), own = b.parameter("own", {4, 3}), c = b.parameter("c", {3});
  const ValueIndex sum = b.node("add", {x, c}, {2, 3});
  const ValueIndex turned = b.node("permute", {own}, {3, 4}, {{"axes", std::vector<int64_t>{1, 0}}});
  const ValueIndex y = b.node("matmul", {b.site(sum, 0, "m/act"), turned}, {2, 4});
  const Graph traced = b.outputs({y, b.node("range", {}, {5})});
  const SeparatedConstants found = separate(traced);
  EXPECT_EQ(found.graph, traced) << "an op of a parameter with a site of its own stays, and so does range";
  EXPECT_THAT(found.expressions, IsEmpty());
  EXPECT_THAT(found.coded, IsEmpty());
}

TEST(ConstantExpressions, WhatHasSeveralReadersIsThereOnceForEachWay) {
  Trace b;
  const ValueIndex x = b.input("x", {3}), w = b.parameter("w", {3});
  const ValueIndex neg = b.node("neg", {w}, {3});
  const ValueIndex first = b.site(neg, 1, "m/first"), again = b.site(neg, 1, "m/first_1"),
                   second = b.site(neg, 2, "m/second");
  ValueIndex y = x;
  for (ValueIndex each : {first, again, second, neg, w}) y = b.node("add", {y, each}, {3});
  const SeparatedConstants found = separate(b.outputs({y, neg}));
  EXPECT_THAT(values_of(found.graph),
              ElementsAre("x", "w", "neg0", "m/first", "m/second", "add4", "add5", "add6", "add7", "add8"));
  ASSERT_EQ(found.expressions.size(), 3u);
  EXPECT_EQ(found.expressions[0].site, -1) << "neg0: read by add, and an output";
  EXPECT_EQ(found.expressions[1].site, 1);
  EXPECT_EQ(found.expressions[2].site, 2);
  EXPECT_EQ(found.graph.nodes[0].inputs[1], found.graph.nodes[1].inputs[1]) << "the same site again";
  EXPECT_EQ(found.graph.outputs, (std::vector<ValueIndex>{9, 2}));
}

TEST(ConstantExpressions, AParameterThatGoesIntoQuantizeAloneIsCodedInItsPlace) {
  Trace b;
  const ValueIndex x = b.input("x", {3}), w = b.parameter("w", {3}), v = b.parameter("v", {3});
  const ValueIndex coded = b.site(w, 4, "m/w"), also = b.site(v, 5, "m/v");
  const ValueIndex y = b.node("add", {b.node("add", {x, coded}, {3}), b.node("add", {v, also}, {3})}, {3});
  const SeparatedConstants found = separate(b.outputs({y}));
  ASSERT_EQ(found.coded.size(), 1u);
  EXPECT_EQ(found.graph.values[found.coded[0].value].name, "w");
  EXPECT_EQ(found.coded[0].site, 4);
  ASSERT_EQ(found.expressions.size(), 1u);
  EXPECT_EQ(found.graph.values[found.expressions[0].value].name, "m/v") << "v is read as it is too";
  EXPECT_THAT(ops_of(found.expressions[0].graph), IsEmpty());
  EXPECT_THAT(ops_of(found.graph), ElementsAre("add", "add", "add"));
}

TEST(ConstantExpressions, ASiteThatSeesOtherValuesTooKeepsItsCalls) {
  Trace b;
  const ValueIndex x = b.input("x", {3}), w = b.parameter("w", {3});
  const ValueIndex neg = b.node("neg", {w}, {3});
  const ValueIndex y = b.node("add", {b.site(x, 3, "m/act"), b.site(neg, 3, "m/act_1")}, {3});
  const SeparatedConstants found = separate(b.outputs({y}));
  EXPECT_THAT(ops_of(found.graph), ElementsAre("fake_quantize", "fake_quantize", "add"));
  ASSERT_EQ(found.expressions.size(), 1u);
  EXPECT_EQ(found.expressions[0].site, -1);
}

TEST(ConstantExpressions, ABiasIsKnownAsOne) {
  Trace b;
  const ValueIndex x = b.input("x", {1, 3}), own = b.parameter("own", {3, 3}), c = b.parameter("c", {3});
  const ValueIndex bias = b.node("neg", {c}, {3}), both = b.node("exp", {c}, {3});
  const ValueIndex y = b.node("linear", {x, own, bias}, {1, 3});
  const ValueIndex z = b.node("linear", {y, own, both}, {1, 3});
  const SeparatedConstants found = separate(b.outputs({b.node("add", {z, both}, {1, 3})}));
  ASSERT_EQ(found.expressions.size(), 2u);
  EXPECT_TRUE(found.expressions[0].is_bias);
  EXPECT_FALSE(found.expressions[1].is_bias) << "add reads it too";
}

TEST(ConstantExpressions, ScopesFollowTheirNodes) {
  Trace b;
  const ValueIndex x = b.input("x", {3}), w = b.parameter("w", {3});
  const ValueIndex neg = b.node("neg", {w}, {3}), exp = b.node("exp", {neg}, {3});
  const ValueIndex y = b.node("add", {x, exp}, {3});
  b.graph.scopes = {{"", "forward", 0, {x}, {y}, 0, 3}, {"child", "forward", 0, {neg}, {exp}, 1, 2}};
  const SeparatedConstants found = separate(b.outputs({y}));
  EXPECT_EQ(found.graph.scopes[0], (GraphScope{"", "forward", 0, {0}, {2}, 0, 1}));
  EXPECT_EQ(found.graph.scopes[1], (GraphScope{"child", "forward", 0, {kNoValue}, {1}, 0, 0}))
      << "what the child got is part of the constant that it gives";
}

// neg of neg of neg … of a parameter.
Graph chain(size_t ops, bool each_is_read) {
  Trace b;
  const ValueIndex x = b.input("x", {2});
  ValueIndex w = b.parameter("w", {2});
  std::vector<ValueIndex> outputs;
  for (size_t i = 0; i < ops; ++i) {
    w = b.node("neg", {w}, {2});
    if (each_is_read || i + 1 == ops) outputs.push_back(b.node("add", {x, w}, {2}));
  }
  return b.outputs(outputs);
}

TEST(ConstantExpressions, HaveAGreatestSize) {
  const SeparatedConstants most = separate(chain(kMostExpressionNodes, false));
  ASSERT_EQ(most.expressions.size(), 1u);
  EXPECT_EQ(most.expressions[0].graph.nodes.size(), kMostExpressionNodes);
  test::expect_error(ErrorKind::kPlugin, "is made of other constants by more than 4096 ops",
                     [] { (void)separate(chain(kMostExpressionNodes + 1, false)); });
  test::expect_error(ErrorKind::kPlugin, "by more than 131072 ops, those that they share counted for each",
                     [] { (void)separate(chain(520, true)); });
}

TEST(ConstantExpressions, AQuantizeCallThatSeesSomeRowsStays) {
  Trace b;
  const ValueIndex x = b.input("x", {2, 2}), w = b.parameter("w", {2, 2}), rows = b.parameter("rows", {2});
  const ValueIndex y = b.site(w, 0, "m/w");
  b.graph.nodes.back().inputs.push_back(rows);
  const Graph traced = b.outputs({b.node("add", {x, y}, {2, 2})});
  const SeparatedConstants separated = separate(traced);
  EXPECT_EQ(separated.graph, traced) << "as a constant its observer would see all rows";
  EXPECT_THAT(separated.coded, IsEmpty());
}

}  // namespace
}  // namespace vernier::core::testing
