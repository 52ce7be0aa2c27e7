// Where the constants of a trace stand in the tree, and that each finds its place again.
#include "trace/bind_constants.h"

#include <gmock/gmock.h>

#include <chrono>

#include "core/graph/graph_builder.h"
#include "support/expect_error.h"
#include "support/tensors.h"

namespace vernier::core::testing {
namespace {

using ::testing::ElementsAre;

// One parameter "w" of [4, 3] and two sites, 0 by channel of axis 0 and 1 of the whole tensor.
class BindConstants : public ::testing::Test {
 protected:
  BindConstants() {
    Parameter w;
    w.name = w.path = w.tensor = "w";
    w.source = test::ramp({4, 3});
    tree_.parameters.push_back(w);
    for (const char* path : {"by_channel", "whole"}) {
      Site site;
      site.name = site.path = path;
      site.spec.granularity = path == std::string("whole") ? Granularity::kTensor : Granularity::kChannel;
      site.spec.axis = path == std::string("whole") ? -1 : 0;
      tree_.sites.push_back(site);
    }
  }
  ValueIndex parameter(GraphBuilder& b) {
    const ValueIndex w = b.constant("w", {4, 3});
    b.graph.values[w].parameter = 0;
    return w;
  }
  static ValueIndex site(GraphBuilder& b, ValueIndex x, int number, const std::string& path) {
    const ValueIndex y = b.node("fake_quantize", {x}, b.graph.values[x].shape, {{"site", path}}, path);
    b.graph.nodes.back().site = number;
    return y;
  }
  // quantize(w[begin : end]) + x
  Graph sliced(int64_t begin, int64_t end, int number = 1) {
    GraphBuilder b;
    const ValueIndex x = b.input("x", {end - begin, 3});
    const ValueIndex slice = b.node("slice", {parameter(b)}, {end - begin, 3},
                                    {{"axis", int64_t{0}}, {"begin", begin}, {"end", end}});
    const ValueIndex coded = site(b, slice, number, tree_.sites[static_cast<size_t>(number)].path);
    return b.outputs({b.node("add", {x, coded}, {end - begin, 3})});
  }
  // quantize(w) + w, or only the first
  Graph quantized(bool also_read) {
    GraphBuilder b;
    const ValueIndex x = b.input("x", {4, 3}), w = parameter(b);
    ValueIndex y = b.node("add", {x, site(b, w, 1, "whole")}, {4, 3});
    if (also_read) y = b.node("add", {y, w}, {4, 3});
    return b.outputs({y});
  }
  Graph table(const std::vector<float>& numbers) {
    GraphBuilder b;
    const Shape shape = {static_cast<int64_t>(numbers.size())};
    const ValueIndex x = b.input("x", shape), t = b.constant("t", shape);
    b.graph.values[t].table = std::make_shared<const TableData>(TableData{"t", test::floats(shape, numbers)});
    return b.outputs({b.node("add", {x, t}, shape)});
  }
  [[nodiscard]] std::vector<std::string> paths() const {
    std::vector<std::string> names;
    for (const Parameter& one : tree_.parameters) names.push_back(one.path);
    return names;
  }

  ModuleTree tree_;
};

TEST_F(BindConstants, EqualOnesShareAPlaceAndOthersGetANumber) {
  const Graph first = bind_constants(sliced(0, 2), tree_, true);
  EXPECT_EQ(bind_constants(sliced(0, 2), tree_, true), first);
  EXPECT_THAT(paths(), ElementsAre("w", "whole"));
  const Graph other = bind_constants(sliced(1, 3), tree_, false);
  EXPECT_THAT(paths(), ElementsAre("w", "whole", "whole#2"));
  EXPECT_EQ(bind_constants(sliced(1, 3), tree_, false), other);
  EXPECT_THAT(paths(), ElementsAre("w", "whole", "whole#2"));
  const Parameter &made = tree_.parameters[1], &second = tree_.parameters[2];
  EXPECT_TRUE(made.is_computed() && made.is_filled && made.is_bound);
  EXPECT_EQ(made.site, 1);
  EXPECT_EQ(made.source.shape, (Shape{2, 3}));
  EXPECT_EQ(made.source.data, nullptr) << "nothing is computed here";
  EXPECT_TRUE(made.is_exported);
  EXPECT_FALSE(second.is_exported);
  (void)bind_constants(sliced(1, 3), tree_, true);
  EXPECT_TRUE(second.is_exported) << "the shapes that the file of another entry gets";
}

TEST_F(BindConstants, ANameThatADeclaredParameterHasGetsANumber) {
  tree_.parameters[0].path = "whole";
  (void)bind_constants(sliced(0, 2), tree_, true);
  EXPECT_THAT(paths(), ElementsAre("whole", "whole#2"));
}

TEST_F(BindConstants, TablesAreFoundByTheirNumbers) {
  const Graph first = bind_constants(table({1, 2}), tree_, true);
  EXPECT_EQ(bind_constants(table({1, 2}), tree_, true), first);
  EXPECT_EQ(first.values[1].table, nullptr);
  EXPECT_EQ(first.values[1].parameter, 1);
  const Graph other = bind_constants(table({1, 3}), tree_, true);
  EXPECT_EQ(other.values[1].name, "t#2");
  EXPECT_THAT(paths(), ElementsAre("w", "t", "t#2"));
  EXPECT_TRUE(tree_.parameters[1].is_table);
  EXPECT_EQ(tree_.parameters[1].source.as<float>()[1], 2);
}

TEST_F(BindConstants, AParameterThatIsQuantizedAloneGetsTheSite) {
  const Graph graph = bind_constants(quantized(false), tree_, true);
  EXPECT_EQ(graph.nodes.size(), 1u);
  EXPECT_THAT(paths(), ElementsAre("w"));
  EXPECT_EQ(tree_.parameters[0].site, 1);
  EXPECT_EQ(bind_constants(quantized(false), tree_, true), graph);
  test::expect_error(ErrorKind::kPlugin, "parameter w is quantized at whole in one trace and",
                     [&] { (void)bind_constants(quantized(true), tree_, true); });
}

TEST_F(BindConstants, OneThatIsReadAsItIsTooKeepsItsFloats) {
  (void)bind_constants(quantized(true), tree_, true);
  EXPECT_THAT(paths(), ElementsAre("w", "whole"));
  EXPECT_EQ(tree_.parameters[0].site, -1);
  EXPECT_EQ(tree_.parameters[1].site, 1);
}

// Each of many is found at once: a search through all of them took 43 s for these.
TEST_F(BindConstants, ManyAreFoundWithoutASearchThroughAll) {
  constexpr int64_t kMany = 20000;
  GraphBuilder b;
  const ValueIndex w = parameter(b);
  std::vector<ValueIndex> outputs;
  for (int64_t i = 0; i < kMany; ++i)
    outputs.push_back(site(b, b.node("mul", {w, w}, {4, 3}, {}, "made" + std::to_string(i)), 0,
                           "by_channel_" + std::to_string(i)));
  b.graph.outputs = outputs;
  const Graph traced = b.graph;
  const auto begin = std::chrono::steady_clock::now();
  const Graph first = bind_constants(traced, tree_, true);
  EXPECT_EQ(bind_constants(traced, tree_, true).values.size(), first.values.size());
  const std::chrono::duration<double> seconds = std::chrono::steady_clock::now() - begin;
  EXPECT_EQ(tree_.parameters.size(), 1u + kMany);
  EXPECT_LT(seconds.count(), 15) << "without a search it takes one, in a test's build";
}

TEST_F(BindConstants, WhatOnlyObserversReadIsInNoFile) {
  GraphBuilder b;
  const ValueIndex x = b.input("x", {4, 3}), t = b.constant("t", {4}), u = b.constant("u", {4});
  for (const auto& [value, name] : {std::pair{t, "t"}, {u, "u"}}) {
    Tensor numbers = Tensor::allocate(kBool, {4});
    std::fill_n(numbers.mutable_as<uint8_t>(), 4, uint8_t{1});
    b.graph.values[value].dtype = kBool;
    b.graph.values[value].constant_bytes = 4;
    b.graph.values[value].table = std::make_shared<const TableData>(TableData{name, numbers});
  }
  const ValueIndex both = b.node("logical_and", {t, u}, {4});
  b.graph.values[both].dtype = kBool;
  const ValueIndex y = site(b, x, 1, "whole");
  b.graph.nodes.back().inputs.push_back(both);
  (void)bind_constants(b.outputs({y}), tree_, true);
  EXPECT_THAT(paths(), ElementsAre("w", "t", "u", "logical_and0"));
  for (size_t i = 1; i < 4; ++i) EXPECT_FALSE(tree_.parameters[i].is_exported) << tree_.parameters[i].path;
}

TEST_F(BindConstants, ChannelsAreEquallyManyForAllShapes) {
  (void)bind_constants(sliced(0, 2, 0), tree_, true);
  test::expect_error(ErrorKind::kPlugin, "gets constants of [2, 3] and of [3, 3] for different input shapes",
                     [&] { (void)bind_constants(sliced(0, 3, 0), tree_, true); });
}

}  // namespace
}  // namespace vernier::core::testing
