#include "graph/open_extents.h"

#include <gtest/gtest.h>

#include "core/graph/graph_builder.h"
#include "graph/features.h"
#include "graph/message.h"
#include "support/expect_error.h"

namespace vernier::core {
namespace {

using testing::GraphBuilder;
using testing::per_tensor;

// x [S, 4] through a linear into heads [S, 2, 2]; `mutate` changes what was traced with that extent.
template <typename Mutate>
Graph traced(int64_t extent, Mutate mutate) {
  GraphBuilder b;
  const ValueIndex x = b.input("x", {extent, 4});
  const ValueIndex weight = b.constant("w", {4, 4});
  const ValueIndex y = b.node("linear", {x, weight}, {extent, 4}, {}, "y");
  const ValueIndex heads =
      b.node("reshape", {y}, {extent, 2, 2}, {{"shape", std::vector<int64_t>{extent, 2, 2}}}, "heads");
  Graph graph = b.outputs({heads});
  mutate(graph, extent);
  return graph;
}

Graph traced(int64_t extent) {
  return traced(extent, [](Graph&, int64_t) {});
}

TEST(OpenExtents, AreMarkedWhereAnAxisFollows) {
  const Graph open = with_open_extents(traced(5), traced(3), "rows", 5, 3);
  EXPECT_EQ(open.values[0].extents, (std::vector<std::string>{"rows", ""}));
  EXPECT_TRUE(open.values[1].extents.empty());
  EXPECT_EQ(open.values[2].extents, (std::vector<std::string>{"rows", ""}));
  EXPECT_EQ(open.values[3].extents, (std::vector<std::string>{"rows", "", ""}));
  EXPECT_EQ(open.values[3].shape, (Shape{5, 2, 2}));
  EXPECT_EQ(std::get<std::vector<int64_t>>(open.nodes[1].attributes.at("shape")),
            (std::vector<int64_t>{-1, 2, 2}));
}

TEST(OpenExtents, TravelInTheMessageAndLeaveOthersAlone) {
  const Graph closed = traced(5), open = with_open_extents(closed, traced(3), "rows", 5, 3);
  EXPECT_EQ(read_message(write_message(open)), open);
  EXPECT_EQ(features(open), (std::vector<std::string>{"open_extents"}));
  EXPECT_TRUE(features(closed).empty());
  const Graph none = with_open_extents(closed, closed, "rows", 5, 5);
  EXPECT_EQ(write_message(none), write_message(closed));
}

struct Difference {
  const char* name;
  void (*mutate)(Graph& graph, int64_t extent);
  const char* said;
};

class OtherThanTheExtent : public ::testing::TestWithParam<Difference> {};

TEST_P(OtherThanTheExtent, IsRefusedByName) {
  const auto mutate = [](Graph& graph, int64_t extent) { GetParam().mutate(graph, extent); };
  const auto refuse = [&] { (void)with_open_extents(traced(5, mutate), traced(3, mutate), "rows", 5, 3); };
  test::expect_error(ErrorKind::kPlugin, GetParam().said, refuse);
  test::expect_error(ErrorKind::kPlugin, "depends on the open extent \"rows\"\n  at module m", refuse);
}

INSTANTIATE_TEST_SUITE_P(
    All, OtherThanTheExtent,
    ::testing::Values(
        Difference{"constant", [](Graph& g, int64_t extent) { g.values[1].parameter = extent == 3 ? 1 : 2; },
                   "constant w, which linear reads,"},
        Difference{"shape_of_a_constant",
                   [](Graph& g, int64_t extent) {
                     g.values[1].shape = {extent, 4};
                   },
                   "constant w, which linear reads,"},
        Difference{"attribute", [](Graph& g, int64_t extent) { g.nodes[0].attributes["end"] = extent; },
                   "end of linear"},
        Difference{"attribute_of_one",
                   [](Graph& g, int64_t extent) {
                     if (extent == 3) g.nodes[0].attributes["end"] = extent;
                   },
                   "what linear does"},
        Difference{"op", [](Graph& g, int64_t extent) { g.nodes[0].op = extent == 3 ? "matmul" : "linear"; },
                   "step 0, linear"},
        Difference{"wiring", [](Graph& g, int64_t extent) { g.nodes[0].inputs[1] = extent == 3 ? 0 : 1; },
                   "step 0, linear"},
        Difference{"steps",
                   [](Graph& g, int64_t extent) {
                     if (extent == 3) g.nodes.pop_back();
                   },
                   "the steps of m:forward"},
        Difference{"another_function", [](Graph& g, int64_t extent) { g.values[2].shape[0] = 2 * extent; },
                   "axis 0 of y has 10 elements where \"rows\" is 5, and 6 where it is 3; it"},
        Difference{"rank", [](Graph& g, int64_t extent) { g.values[2].shape.resize(extent == 3 ? 1 : 2); },
                   "value y"},
        Difference{"two_open_axes_of_a_reshape",
                   [](Graph& g, int64_t extent) {
                     g.values[3].shape = {extent, extent, 2};
                     g.nodes[1].attributes["shape"] = std::vector<int64_t>{extent, extent, 2};
                   },
                   "shape of reshape"}),
    [](const auto& row) { return std::string(row.param.name); });

TEST(OpenExtents, MustFitTheirValue) {
  const auto refuse = [](const char* said, const auto& mutate) {
    Graph graph = with_open_extents(traced(5), traced(3), "rows", 5, 3);
    mutate(graph);
    test::expect_error(ErrorKind::kInternal, said, [&] { (void)write_message(graph); });
  };
  refuse("is a constant with open extents", [](Graph& g) { g.values[1].extents = {"rows", ""}; });
  refuse("has 1 names of extents and rank 2", [](Graph& g) { g.values[0].extents = {"rows"}; });
  refuse("names no extent", [](Graph& g) { g.values[0].extents = {"", ""}; });
  refuse("has a scale for each index of axis 0, which is open", [](Graph& g) {
    g.values[0].dtype = kUInt8;
    g.values[0].qparams = testing::per_channel(0, {1, 1, 1, 1, 1});
  });
}

}  // namespace
}  // namespace vernier::core
