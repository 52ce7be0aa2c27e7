// What is alive at a time, on graphs small enough to count by hand.
#include "graph/live_bytes.h"

#include <gtest/gtest.h>

namespace vernier::core {
namespace {

// x [4] -> add x + x -> site -> reshape [2, 2] -> mul with x reshaped; outputs the product.
class Chain : public ::testing::Test {
 protected:
  Chain() {
    for (const auto& [name, shape] : std::vector<std::pair<std::string, Shape>>{
             {"x", {4}}, {"sum", {4}}, {"seen", {4}}, {"square", {2, 2}}, {"other", {2, 2}}, {"y", {2, 2}}}) {
      GraphValue value;
      value.name = name;
      value.shape = shape;
      value.dtype = kFloat32;
      graph_.values.push_back(value);
    }
    graph_.values[0].kind = ValueKind::kInput;
    graph_.nodes = {{"add", 1, "", {0, 0}, {1}, {}, -1},
                    {"fake_quantize", 1, "", {1}, {2}, {}, 0},
                    {"reshape", 1, "", {2}, {3}, {}, -1},
                    {"reshape", 1, "", {0}, {4}, {}, -1},
                    {"mul", 1, "", {3, 4}, {5}, {}, -1}};
    graph_.inputs = {0};
    graph_.outputs = {5};
  }
  // In values of 16 bytes: while each node runs, then at the end.
  [[nodiscard]] std::vector<uint64_t> run(bool sites_share) const {
    LiveBytes live(graph_, sites_share);
    live.begin(graph_.inputs);
    std::vector<uint64_t> counts;
    for (uint32_t node = 0; node < graph_.nodes.size(); ++node) {
      live.make(node);
      counts.push_back(live.now() / 16);
      live.drop(node);
    }
    counts.push_back(live.now() / 16);
    return counts;
  }
  Graph graph_;
};

TEST_F(Chain, ViewsAndSitesThatRoundNothingCostNothing) {
  EXPECT_EQ(run(true), (std::vector<uint64_t>{2, 2, 2, 2, 3, 1}));
}

TEST_F(Chain, ASiteThatRoundsMakesAValue) {
  EXPECT_EQ(run(false), (std::vector<uint64_t>{2, 3, 2, 2, 3, 1}));
}

TEST_F(Chain, AViewKeepsWhatItShares) {
  const LiveBytes live(graph_, true);
  EXPECT_EQ(live.root(3), 1u);
  EXPECT_EQ(live.root(4), 0u);
  EXPECT_EQ(live.root(5), 5u);
  const LiveBytes rounded(graph_, false);
  EXPECT_EQ(rounded.root(3), 2u);
}

TEST_F(Chain, CutOffFromItsRootAViewIsAValueOfItsOwn) {
  LiveBytes live(graph_, true);
  live.begin(std::vector<ValueIndex>{3, 4});
  EXPECT_EQ(live.now(), 32u);
  live.make(4);
  EXPECT_EQ(live.now(), 48u);
  live.drop(4);
  EXPECT_EQ(live.now(), 16u);
}

TEST_F(Chain, ASliceSharesWhereItLiesInOnePiece) {
  graph_.nodes[2].op = "slice";
  graph_.nodes[2].attributes["axis"] = int64_t{0};
  EXPECT_EQ(LiveBytes(graph_, true).root(3), 1u);
  graph_.values[2].shape = {2, 2};
  graph_.nodes[2].attributes["axis"] = int64_t{1};
  EXPECT_EQ(LiveBytes(graph_, true).root(3), 3u);
  graph_.values[2].shape = {1, 4};
  EXPECT_EQ(LiveBytes(graph_, true).root(3), 1u);
  graph_.nodes[2].attributes["axis"] = int64_t{-1};
  EXPECT_EQ(LiveBytes(graph_, true).root(3), 1u);
}

TEST_F(Chain, WhatNobodyReadsGoesAtOnce) {
  graph_.nodes.pop_back();
  graph_.outputs = {1};
  EXPECT_EQ(run(true).back(), 1u);
}

}  // namespace
}  // namespace vernier::core
