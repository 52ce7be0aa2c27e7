// Where graphs are cut, and which values cross.
#include "sweep/segments.h"

#include <gmock/gmock.h>

#include "core/sweep/layered_graph.h"

namespace vernier::core::testing {
namespace {

using ::testing::ElementsAre;
using ::testing::IsEmpty;

// x -> linear w0 -> linear w1 -> linear w2, each a call; then y + x. One weight has 64 bytes in float32.
Graph three_layers() {
  GraphBuilder b;
  const ValueIndex x = b.input("x", {2, kWidth});
  ValueIndex y = x;
  std::vector<GraphScope> scopes = {{"", "forward", 0, {}, {}, 0, 4}};
  for (uint32_t i = 0; i < 3; ++i) {
    const ValueIndex weight = b.constant(fmt::format("w{}", i), {kWidth, kWidth});
    y = b.node("linear", {y, weight, kNoValue}, {2, kWidth});
    scopes.push_back({fmt::format("m{}", i), "forward", 0, {}, {}, i, i + 1});
  }
  Graph graph = b.outputs({b.node("add", {y, x}, {2, kWidth})});
  graph.scopes = std::move(scopes);
  return graph;
}

std::vector<Segment> cut(const Graph& graph, uint64_t most_bytes) {
  return segments_of(graph, choose_cuts(graph, held_bytes, most_bytes));
}

TEST(Segments, HoldNoMoreThanTheLimitWhereThereIsAPlaceToCut) {
  const Graph graph = three_layers();
  EXPECT_THAT(cut(graph, 3 * kWeightBytes), ElementsAre(Segment{0, 4}));
  EXPECT_THAT(cut(graph, 2 * kWeightBytes), ElementsAre(Segment{0, 2}, Segment{2, 4}));
  EXPECT_THAT(cut(graph, kWeightBytes), ElementsAre(Segment{0, 1}, Segment{1, 2}, Segment{2, 4}));
  // A weight that is too great by itself has a segment of its own.
  EXPECT_THAT(cut(graph, 1), ElementsAre(Segment{0, 1}, Segment{1, 2}, Segment{2, 4}));
}

TEST(Segments, AreOneWhereNothingCanBeHeldOrThereIsNoCall) {
  Graph graph = three_layers();
  EXPECT_THAT(choose_cuts(graph, held_bytes, 0), IsEmpty());
  EXPECT_THAT(choose_cuts(
                  graph, [](const GraphValue&) { return uint64_t{0}; }, 1),
              IsEmpty());
  graph.scopes.clear();
  EXPECT_THAT(choose_cuts(graph, held_bytes, kWeightBytes), IsEmpty());
}

TEST(Segments, AConstantThatIsReadTwiceIsHeldOnce) {
  Graph graph = three_layers();
  graph.nodes[1].inputs[1] = graph.nodes[0].inputs[1];
  EXPECT_THAT(cut(graph, 2 * kWeightBytes), ElementsAre(Segment{0, 4}));
}

TEST(Segments, ATableThatIsReadByRowsIsNotHeld) {
  GraphBuilder b;
  const ValueIndex table = b.constant("table", {100, kWidth});
  const ValueIndex rows = b.node("embedding", {table, b.input("ids", {2}, kInt64)}, {2, kWidth});
  const ValueIndex y = b.node("linear", {rows, table, kNoValue}, {2, 100});
  const Graph graph = b.outputs({y});
  EXPECT_THAT(whole_constants(graph, graph.nodes[0]), IsEmpty());
  EXPECT_THAT(whole_constants(graph, graph.nodes[1]), ElementsAre(table));
}

TEST(Segments, EndWhereFewestBytesWait) {
  GraphBuilder b;
  const ValueIndex x = b.input("x", {2, kWidth});
  std::vector<GraphScope> scopes = {{"", "forward", 0, {}, {}, 0, 4}};
  const auto layer = [&](ValueIndex from, Shape weight, Shape to) {
    const auto first = static_cast<uint32_t>(b.graph.nodes.size());
    scopes.push_back({fmt::format("m{}", first), "forward", 0, {}, {}, first, first + 1});
    const ValueIndex constant = b.constant(fmt::format("w{}", first), std::move(weight));
    return b.node("linear", {from, constant, kNoValue}, std::move(to));
  };
  const ValueIndex narrow = layer(x, {2, kWidth}, {2, 2});
  const ValueIndex wide = layer(narrow, {2, 2}, {2, 20});
  const ValueIndex back = layer(wide, {kWidth, 20}, {2, kWidth});
  Graph graph = b.outputs({layer(back, {kWidth, kWidth}, {2, kWidth})});
  graph.scopes = std::move(scopes);
  // 32, 16, 320 and 64 bytes of weights: the first segment may have both small ones, and ends between them,
  // where 16 bytes wait and not 160.
  EXPECT_THAT(cut(graph, 60), ElementsAre(Segment{0, 1}, Segment{1, 2}, Segment{2, 3}, Segment{3, 4}));
}

// What one sample brings to a site is seen before the next sample's.
TEST(Segments, ASiteIsNeverCutInTwo) {
  for (const auto& [first, second] : {std::pair{1, 2}, std::pair{0, 5}, std::pair{2, 4}}) {
    const Graph graph = layered_graph(6, 2, 1, {first, second});
    const std::vector<Segment> segments = cut(graph, kWeightBytes);
    EXPECT_EQ(segments.size(), 6U - static_cast<size_t>(second - first));
    std::map<int32_t, std::set<size_t>> seen;
    for (size_t i = 0; i < segments.size(); ++i) {
      for (uint32_t node = segments[i].first; node < segments[i].end; ++node)
        if (graph.nodes[node].site >= 0) seen[graph.nodes[node].site].insert(i);
    }
    for (const auto& [site, where] : seen) EXPECT_EQ(where.size(), 1U) << site;
  }
}

TEST(Segments, OtherShapesAreCutAtTheSameCalls) {
  const Graph first = layered_graph(5, 2, 3), other = layered_graph(5, 3, 3);
  ASSERT_NE(first.nodes.size(), other.nodes.size());
  const std::vector<Cut> cuts = choose_cuts(first, held_bytes, kWeightBytes);
  const std::vector<Segment> a = segments_of(first, cuts), b = segments_of(other, cuts);
  ASSERT_EQ(a.size(), 5U);
  ASSERT_EQ(b.size(), 5U);
  for (size_t i = 0; i < a.size(); ++i) {
    const auto sites = [&](const Graph& graph, const Segment& segment) {
      std::vector<int32_t> found;
      for (uint32_t node = segment.first; node < segment.end; ++node)
        if (graph.nodes[node].site >= 0) found.push_back(graph.nodes[node].site);
      return found;
    };
    EXPECT_EQ(sites(first, a[i]), sites(other, b[i]));
  }
  EXPECT_EQ(b.back().end, other.nodes.size());
}

// The call ends before the site in one graph and behind it in the other.
TEST(Segments, ASiteStaysInItsSegmentWhereACallEndsElsewhere) {
  const Graph graph = layered_graph(3, 2, 3);
  const std::vector<Cut> cuts = choose_cuts(graph, held_bytes, kWeightBytes);
  Graph moved = graph;
  for (GraphScope& scope : moved.scopes) {
    if (!scope.module.empty()) --scope.end_node;
  }
  EXPECT_EQ(segments_of(moved, cuts), segments_of(graph, cuts));
}

TEST(Segments, SayWhichValuesCross) {
  const Graph graph = three_layers();  // values: x 0, y0 2, y1 4, y2 6, sum 7
  const std::vector<Segment> segments = {{0, 1}, {1, 2}, {2, 3}, {3, 4}};
  const std::vector<SegmentValues> values = values_of(graph, segments);
  EXPECT_THAT(values[0].loads, IsEmpty());
  EXPECT_THAT(values[0].keeps, ElementsAre(0, 2));
  EXPECT_THAT(values[1].loads, ElementsAre(2));
  EXPECT_THAT(values[1].drops, ElementsAre(2));
  EXPECT_THAT(values[1].keeps, ElementsAre(4));
  EXPECT_THAT(values[3].loads, ElementsAre(0, 6));
  EXPECT_THAT(values[3].drops, ElementsAre(0, 6));
  EXPECT_THAT(values[3].keeps, IsEmpty());
}

TEST(Segments, AnOutputWaitsForTheEnd) {
  Graph graph = three_layers();
  graph.outputs = {7, 2};
  const std::vector<SegmentValues> values = values_of(graph, std::vector<Segment>{{0, 1}, {1, 2}, {2, 4}});
  EXPECT_THAT(values[1].loads, ElementsAre(2));
  EXPECT_THAT(values[1].drops, IsEmpty());
  EXPECT_THAT(values[2].loads, ElementsAre(0, 2, 4));
  EXPECT_THAT(values[2].drops, ElementsAre(0, 2, 4));
}

}  // namespace
}  // namespace vernier::core::testing
