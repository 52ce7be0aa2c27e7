// A sweep against the same samples one by one, and what it does where one fails.
#include "sweep/sweep.h"

#include <gmock/gmock.h>

#include <cstring>

#include "core/sweep/layered_graph.h"
#include "support/expect_error.h"
#include "support/temporary_place.h"

namespace vernier::core::testing {
namespace {

using ::testing::Each;
using ::testing::ElementsAre;
using ::testing::Pair;

using Bytes = std::vector<std::byte>;
Bytes bytes_of(const Tensor& x) { return {x.data, x.data + x.bytes()}; }

// What came out of samples, and what each site saw.
struct Seen {
  std::vector<std::vector<Bytes>> outputs;  // by sample: of all lanes
  std::map<std::pair<Reading, int>, std::vector<Bytes>> sites;
  std::vector<std::pair<int, int>> failures;  // (sample, site) to fail at

  bool operator==(const Seen&) const = default;
};

class SweepTest : public ::testing::Test {
 protected:
  static constexpr int kLayers = 6;

  CompiledGraph compile(std::span<const TensorType> types) {
    ++compiled_;
    auto graph = std::make_shared<const Graph>(layered_graph(kLayers, types[0].shape[0], seed_, shared_));
    return {graph, std::make_shared<Interpreter>(*graph, data_, *device_, control_)};
  }
  static std::vector<Tensor> inputs(int sample) {
    const Shape shape{1 + sample % 3, kWidth};
    const auto seed = static_cast<uint32_t>(100 + 2 * sample);
    return {random_floats(shape, seed), random_floats(shape, seed + 1)};
  }
  Interpreter::Observe observe(Seen& seen, int sample, Reading reading) {
    return [&seen, sample, reading](int site, const Tensor& x) {
      if (::testing::Matches(::testing::Contains(Pair(sample, site)))(seen.failures))
        throw data_error(fmt::format("sample {} fails at site {}", sample, site));
      seen.sites[{reading, site}].push_back(bytes_of(x));
    };
  }
  Seen one_by_one(int samples) {
    Seen seen;
    for (int i = 0; i < samples; ++i) {
      const std::vector<Tensor> x = inputs(i);
      seen.outputs.emplace_back();
      for (const Reading reading : {Reading::kCalibrate, Reading::kQuantize}) {
        for (const Tensor& y : compile(types_of(x)).interpreter->run(reading, x, observe(seen, i, reading)))
          seen.outputs.back().push_back(bytes_of(y));
      }
    }
    return seen;
  }
  SweepSample sample(Seen& seen, int i) {
    SweepSample sample;
    for (const Reading reading : {Reading::kCalibrate, Reading::kQuantize})
      sample.lanes.push_back({reading, [i] { return inputs(i); }, observe(seen, i, reading)});
    sample.after_segment = [this] { ++segments_; };
    sample.finish = [&seen](std::vector<std::vector<Tensor>> outputs) {
      seen.outputs.emplace_back();
      for (const auto& lane : outputs)
        for (const Tensor& y : lane) seen.outputs.back().push_back(bytes_of(y));
    };
    return sample;
  }
  // A layer's weight takes kWeightBytes in each lane.
  Seen& sweep(int samples, const SweepLimits& limits, const Sweep::Progress& progress = {}) {
    Sweep sweep([&](std::span<const TensorType> types) { return compile(types); }, limits, control_);
    int next = 0;
    sweep.run(
        static_cast<uint64_t>(samples),
        [&]() -> std::optional<SweepSample> {
          return next == samples ? std::nullopt : std::optional(sample(seen_, next++));
        },
        progress);
    EXPECT_EQ(sweep.store().size(), 0U);
    return seen_;
  }

  uint32_t seed_ = 1;
  std::pair<int, int> shared_{0, 0};
  int compiled_ = 0, segments_ = 0;
  Seen seen_;
  RunControl control_;
  LayerData data_{kLayers};
  std::unique_ptr<ThreadPool> pool_ = ThreadPool::of_process(1);
  std::unique_ptr<Device> device_ = make_reference_device(*pool_);
};

TEST_F(SweepTest, IsTheSamplesOneByOneBitByBit) {
  for (seed_ = 1; seed_ <= 20; ++seed_) {
    if (seed_ > 10) shared_ = {static_cast<int>(seed_) % 3, 3 + static_cast<int>(seed_) % 2};
    const Seen wanted = one_by_one(5);
    for (const SweepLimits& limits :
         {SweepLimits{kWeightBytes, 1 << 20}, SweepLimits{kWeightBytes, 0},
          SweepLimits{2 * kWeightBytes, 100}, SweepLimits{1, 1 << 20}, SweepLimits{}, SweepLimits{0, 0}}) {
      seen_ = {};
      EXPECT_TRUE(sweep(5, limits) == wanted) << "seed " << seed_ << ", " << limits.constant_bytes;
    }
  }
}

TEST_F(SweepTest, MakesEachConstantOnceForAllSamples) {
  sweep(5, {kWeightBytes, 1 << 20});
  EXPECT_EQ(segments_, kLayers * 5);
  EXPECT_EQ(data_.made.size(), static_cast<size_t>(kLayers));
  EXPECT_THAT(data_.made, Each(Pair(::testing::_, 1)));
}

// But where lanes follow each other: it would have to be there for all of them.
TEST_F(SweepTest, AConstantThatIsTooGreatHasASegmentAndIsHeldThere) {
  sweep(5, {1, 1 << 20});
  EXPECT_EQ(segments_, kLayers * 5);
  EXPECT_THAT(data_.made,
              ElementsAre(Pair(0, 5), Pair(1, 1), Pair(2, 1), Pair(3, 1), Pair(4, 1), Pair(5, 5)));
}

TEST_F(SweepTest, WhatDoesNotFitIsMadeForEachSample) {
  shared_ = {0, 1};  // the first segment has two layers, and room for what the float lane makes of both
  sweep(5, {kWeightBytes, 1 << 20});
  EXPECT_EQ(data_.made[0], 5);
  EXPECT_EQ(data_.made[1], 5);
  EXPECT_EQ(data_.made[2], 1);
}

TEST_F(SweepTest, OneSampleIsNotCut) {
  sweep(1, {kWeightBytes, 0});
  EXPECT_EQ(segments_, 1);
}

TEST_F(SweepTest, AGraphThatFitsIsNotCut) {
  sweep(3, {});
  EXPECT_EQ(segments_, 3);
  EXPECT_THAT(data_.made, Each(Pair(::testing::_, 1)));
}

TEST_F(SweepTest, AsksForEachGraphOnce) {
  sweep(9, {kWeightBytes, 1 << 20});
  EXPECT_EQ(compiled_, 3);
}

TEST_F(SweepTest, ProgressCountsUpToAllSamples) {
  std::vector<uint64_t> told;
  sweep(3, {kWeightBytes, 1 << 20}, [&](uint64_t done) { told.push_back(done); });
  ASSERT_EQ(told.size(), 3U * kLayers);
  for (size_t i = 0; i < told.size(); ++i) EXPECT_EQ(told[i], (i + 1) / kLayers);
  told.clear();
  sweep(3, {}, [&](uint64_t done) { told.push_back(done); });
  EXPECT_THAT(told, ElementsAre(1, 2, 3));
}

// x goes into layers 0, 1 and 2; nothing else of layer 0 is read later but its result.
TEST_F(SweepTest, AValueIsFreedAfterItsLastSegment) {
  GraphBuilder b;
  const ValueIndex x = b.input("x", {2, kWidth});
  ValueIndex y = x;
  std::vector<GraphScope> scopes = {{"", "forward", 0, {}, {}, 0, 8}};
  for (uint32_t i = 0; i < 4; ++i) {
    const ValueIndex weight = b.constant(fmt::format("w{}", i), {kWidth, kWidth});
    b.graph.values[weight].parameter = static_cast<int32_t>(i);
    y = b.node("linear", {y, weight, kNoValue}, {2, kWidth});
    y = b.node("add", {y, i < 3 ? x : y}, {2, kWidth});
    scopes.push_back({fmt::format("m{}", i), "forward", 0, {}, {}, 2 * i, 2 * i + 2});
  }
  auto graph = std::make_shared<Graph>(b.outputs({y}));
  graph->scopes = std::move(scopes);
  const CompiledGraph compiled{graph, std::make_shared<Interpreter>(*graph, data_, *device_, control_)};
  Sweep sweep([&](std::span<const TensorType>) { return compiled; }, {kWeightBytes, 1 << 20}, control_);
  std::vector<size_t> waiting;
  int next = 0;
  sweep.run(2, [&]() -> std::optional<SweepSample> {
    if (next++ == 2) return std::nullopt;
    SweepSample sample;
    sample.lanes.push_back({Reading::kFloat,
                            [] {
                              return std::vector<Tensor>{random_floats({2, kWidth}, 1)};
                            },
                            {}});
    sample.after_segment = [&] { waiting.push_back(sweep.store().size()); };
    return sample;
  });
  // Of two samples: x and y wait after segments 0 and 1, y alone after 2.
  EXPECT_THAT(waiting, ElementsAre(2, 4, 4, 4, 3, 2, 1, 0));
}

// As one by one: sample 1 would have failed before sample 3 began.
TEST_F(SweepTest, TheErrorIsThatOfTheFirstSampleThatFails) {
  const test::TemporaryPlace place;
  seen_.failures = {{3, 0}, {2, 1}, {1, 4}, {4, 0}};
  test::expect_error(ErrorKind::kData, "sample 1 fails at site 4", [&] { sweep(6, {kWeightBytes, 0}); });
  EXPECT_EQ(seen_.outputs.size(), 1U) << "sample 0 was through";
  EXPECT_EQ((seen_.sites[{Reading::kQuantize, 5}].size()), 1U) << "of sample 0";
  EXPECT_TRUE(place.is_empty());
}

// The float lane of a sample runs before its quantized one, in whatever order a sweep comes to them.
TEST_F(SweepTest, TheErrorIsThatOfTheFirstLaneThatFails) {
  Sweep sweep([&](std::span<const TensorType> types) { return compile(types); }, {kWeightBytes, 0}, control_);
  int next = 0;
  test::expect_error(ErrorKind::kData, "sample 1 fails at site 4", [&] {
    sweep.run(3, [&]() -> std::optional<SweepSample> {
      if (next == 3) return std::nullopt;
      SweepSample one = sample(seen_, next);
      if (next++ == 1) {
        for (const auto& [lane, fails] : {std::pair{0, 4}, std::pair{1, 2}})
          one.lanes[static_cast<size_t>(lane)].observe = [fails = fails](int site, const Tensor&) {
            if (site == fails) throw data_error(fmt::format("sample 1 fails at site {}", site));
          };
      }
      return one;
    });
  });
  EXPECT_EQ(seen_.outputs.size(), 1U);
  EXPECT_EQ(sweep.store().size(), 0U);
}

TEST_F(SweepTest, AnErrorOfTheFirstSampleEndsItAtOnce) {
  seen_.failures = {{0, 1}};
  test::expect_error(ErrorKind::kData, "sample 0 fails at site 1", [&] { sweep(6, {kWeightBytes, 0}); });
  EXPECT_EQ((seen_.sites[{Reading::kCalibrate, 2}].size()), 0U);
  EXPECT_EQ((seen_.sites[{Reading::kCalibrate, 0}].size()), 6U);
}

TEST_F(SweepTest, AnErrorWithoutCutsIsTheFirst) {
  seen_.failures = {{2, 1}};
  test::expect_error(ErrorKind::kData, "sample 2 fails at site 1", [&] { sweep(6, {}); });
  EXPECT_EQ(seen_.outputs.size(), 2U);
}

TEST_F(SweepTest, WhatFinishThrowsCountsForItsSample) {
  const test::TemporaryPlace place;
  Sweep sweep([&](std::span<const TensorType> types) { return compile(types); }, {kWeightBytes, 0}, control_);
  seen_.failures = {{2, 0}};
  int next = 0;
  test::expect_error(ErrorKind::kData, "the outputs of sample 1", [&] {
    sweep.run(4, [&]() -> std::optional<SweepSample> {
      SweepSample one = sample(seen_, next);
      if (next++ == 1) one.finish = [](auto) { throw data_error("the outputs of sample 1 are wrong"); };
      return one;
    });
  });
  EXPECT_EQ(next, 3) << "after a failure no further sample begins";
  EXPECT_TRUE(place.is_empty());
}

TEST_F(SweepTest, AnErrorOfALaneIsExplained) {
  seen_.failures = {{0, 0}};
  Sweep sweep([&](std::span<const TensorType> types) { return compile(types); }, {}, control_);
  test::expect_error(ErrorKind::kData, "sample 0 fails at site 0, as was to be expected", [&] {
    sweep.run(2, [&]() -> std::optional<SweepSample> {
      SweepSample one = sample(seen_, 0);
      one.explain = [](const Error& error) {
        return data_error(error.diagnostics()[0].what + ", as was to be expected");
      };
      return one;
    });
  });
}

TEST_F(SweepTest, AStopEndsItAtOnceAndNobodyExplainsIt) {
  const test::TemporaryPlace place;
  const auto stop = [&](uint64_t done) {
    if (done == 1) control_.request_stop();
  };
  test::expect_error(ErrorKind::kInterrupted, "", [&] { sweep(3, {kWeightBytes, 0}, stop); });
  EXPECT_EQ(segments_, 6) << "two segments of three samples";
  EXPECT_TRUE(seen_.outputs.empty());
  EXPECT_TRUE(place.is_empty());
}

TEST_F(SweepTest, WhatProgressThrowsEndsIt) {
  test::expect_error(ErrorKind::kUsage, "too much memory", [&] {
    sweep(3, {2 * kWeightBytes, 0}, [](uint64_t done) {
      if (done == 1) throw usage_error("too much memory");
    });
  });
  EXPECT_TRUE(seen_.outputs.empty());
}

TEST_F(SweepTest, WithoutSamplesNothingRuns) { EXPECT_TRUE(sweep(0, {}) == Seen{}); }

}  // namespace
}  // namespace vernier::core::testing
