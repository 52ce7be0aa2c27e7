// What a sweep is said to hold, by hand and against one that runs.
#include "sweep/plan_sweep.h"

#include <gmock/gmock.h>

#include "core/sweep/layered_graph.h"
#include "sweep/sweep.h"

namespace vernier::core::testing {
namespace {

const std::vector<ConstantBytes> kOneLane = {held_bytes}, kTwoLanes = {held_bytes, held_bytes};
constexpr uint64_t kValue = 2 * kWidth * sizeof(float);  // bytes of a value of two rows

// x -> linear w0 -> + x -> linear w1 -> + x, two calls.
Graph two_layers() {
  GraphBuilder b;
  const ValueIndex x = b.input("x", {2, kWidth});
  ValueIndex y = x;
  std::vector<GraphScope> scopes = {{"", "forward", 0, {}, {}, 0, 4}};
  for (uint32_t i = 0; i < 2; ++i) {
    const ValueIndex weight = b.constant(fmt::format("w{}", i), {kWidth, kWidth});
    b.graph.values[weight].parameter = static_cast<int32_t>(i);
    y = b.node("add", {b.node("linear", {y, weight, kNoValue}, {2, kWidth}), x}, {2, kWidth});
    scopes.push_back({fmt::format("m{}", i), "forward", 0, {}, {}, 2 * i, 2 * i + 2});
  }
  Graph graph = b.outputs({y});
  graph.scopes = std::move(scopes);
  return graph;
}

TEST(PlanSweep, CountsConstantsStoreAndLiveValues) {
  const Graph graph = two_layers();
  const SweptGraph five[] = {{&graph, 5}};
  const SweepNeed whole = plan_sweep(five, kOneLane, {});
  EXPECT_TRUE(whole.cuts.empty());
  EXPECT_EQ(whole.constants, 2 * kWeightBytes);
  EXPECT_EQ(whole.stored, 0U);
  EXPECT_EQ(whole.live, 3 * kValue) << "x, the linear's result and the sum";
  const SweepNeed cut = plan_sweep(five, kOneLane, {kWeightBytes, 1 << 20});
  EXPECT_EQ(cut.cuts.size(), 1U);
  EXPECT_EQ(cut.constants, kWeightBytes);
  EXPECT_EQ(cut.stored, 5 * 2 * kValue) << "x and the sum, of each sample";
  EXPECT_EQ(cut.live, 3 * kValue);
  EXPECT_EQ(cut.heap, 5 * kValue) << "small values lie in the heap, which has holes";
  EXPECT_EQ(cut.memory(), kWeightBytes + 18 * kValue);
  EXPECT_EQ(cut.scratch, 0U);
}

TEST(PlanSweep, BothLanesWaitInTheStore) {
  const Graph graph = two_layers();
  const SweptGraph five[] = {{&graph, 5}};
  const SweepNeed need = plan_sweep(five, kTwoLanes, {kWeightBytes, 1 << 20});
  EXPECT_EQ(need.stored, 2 * 5 * 2 * kValue);
}

TEST(PlanSweep, WhatPassesTheStoresLimitIsScratch) {
  const Graph graph = two_layers();
  const SweptGraph five[] = {{&graph, 5}};
  const SweepNeed need = plan_sweep(five, kOneLane, {kWeightBytes, 3 * kValue});
  EXPECT_EQ(need.stored, 3 * kValue);
  EXPECT_EQ(need.scratch, 7 * kValue);
}

TEST(PlanSweep, OneSampleIsNotCutAndMakesItsConstantsOneByOne) {
  const Graph graph = two_layers();
  const SweptGraph one[] = {{&graph, 1}};
  const SweepNeed need = plan_sweep(one, kOneLane, {kWeightBytes, 0});
  EXPECT_TRUE(need.cuts.empty());
  EXPECT_EQ(need.constants, 0U);
  // The second linear reads the first sum and a weight, and x is still to be added.
  EXPECT_EQ(need.live, kWeightBytes + 3 * kValue);
}

TEST(PlanSweep, AddsGraphsOfOtherShapes) {
  const Graph two = layered_graph(3, 2, 1), four = layered_graph(3, 4, 1);
  const SweepLimits limits{kWeightBytes, 1 << 20};
  const SweptGraph first[] = {{&two, 2}}, second[] = {{&four, 3}}, both[] = {{&two, 2}, {&four, 3}};
  const SweepNeed need = plan_sweep(both, kOneLane, limits);
  EXPECT_EQ(need.stored,
            plan_sweep(first, kOneLane, limits).stored + plan_sweep(second, kOneLane, limits).stored);
  EXPECT_EQ(need.live, plan_sweep(second, kOneLane, limits).live);
}

// The most that a sweep really had in its store, after any sample in any segment, is what was planned.
TEST(PlanSweep, IsWhatTheStoreHolds) {
  const RunControl control;
  const std::unique_ptr<ThreadPool> pool = ThreadPool::of_process(1);
  const std::unique_ptr<Device> device = make_reference_device(*pool);
  const LayerData data(6);
  for (uint32_t seed = 1; seed <= 10; ++seed) {
    const auto graph = std::make_shared<const Graph>(layered_graph(6, 2, seed));
    const CompiledGraph compiled{graph, std::make_shared<Interpreter>(*graph, data, *device, control)};
    const SweepLimits limits{kWeightBytes, 6 * kValue};
    Sweep sweep([&](std::span<const TensorType>) { return compiled; }, limits, control);
    uint64_t memory = 0, scratch = 0;
    int next = 0;
    sweep.run(4, [&]() -> std::optional<SweepSample> {
      if (next++ == 4) return std::nullopt;
      SweepSample sample;
      sample.lanes.push_back(
          {Reading::kFloat,
           [] {
             return std::vector<Tensor>{random_floats({2, kWidth}, 1), random_floats({2, kWidth}, 2)};
           },
           {}});
      sample.after_segment = [&] {
        memory = std::max(memory, sweep.store().memory_bytes());
        scratch = std::max(scratch, sweep.store().file_bytes());
      };
      return sample;
    });
    const SweptGraph four[] = {{graph.get(), 4}};
    const SweepNeed need = plan_sweep(four, kOneLane, limits);
    EXPECT_EQ(need.stored, memory) << seed;
    EXPECT_LE(scratch, need.scratch + limits.store_bytes) << seed;
    EXPECT_GE(scratch, need.scratch) << seed;
  }
}

}  // namespace
}  // namespace vernier::core::testing
