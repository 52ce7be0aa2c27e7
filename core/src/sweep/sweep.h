// Runs all samples through a graph, segment by segment, so that what a segment makes of its constants is made
// once for all samples. In the first and in the last segment a sample's lanes follow each other, so that its
// inputs and outputs need not wait for other samples; between them each lane takes all samples before the
// next lane begins, so that constants of one lane are held at a time.
#pragma once

#include <cstdint>
#include <functional>
#include <map>
#include <memory>
#include <optional>
#include <span>
#include <vector>

#include "device/op_rules.h"
#include "interpreter/interpreter.h"
#include "sweep/limits.h"
#include "sweep/segments.h"
#include "sweep/store.h"
#include "vernier/core/error.h"
#include "vernier/core/run_control.h"

namespace vernier::core {

// One run of the graph.
struct SweepLane {
  Reading reading = Reading::kFloat;
  std::function<std::vector<Tensor>()> inputs;  // asked for once, when the lane begins
  Interpreter::Observe observe;                 // may be empty
};

// What goes through the graph together: a sample or a stack of them, in one lane or several. Functions other
// than `inputs` may be empty.
struct SweepSample {
  std::vector<SweepLane> lanes;         // in each segment one after the other; as many in each sample
  uint64_t samples = 1;                 // that it counts for in the progress
  std::function<void()> after_segment;  // after the last lane
  // After the last segment, with the outputs of each lane. Samples finish in their order.
  std::function<void(std::vector<std::vector<Tensor>> outputs)> finish;
  std::function<Error(const Error&)> explain;  // of an error that a lane threw
};

class Sweep {
 public:
  using Compile = std::function<CompiledGraph(std::span<const TensorType>)>;
  // The samples, one after the other; then nothing.
  using Next = std::function<std::optional<SweepSample>()>;
  // After each sample in each segment, with the number of samples that the work so far is worth. What it
  // throws ends the sweep.
  using Progress = std::function<void(uint64_t done)>;

  // `compile` gives graphs of one entry, and what it stands on must outlive this.
  Sweep(Compile compile, const SweepLimits& limits, const RunControl& control = RunControl::none());

  // Each sample comes out as if it had run alone, and each site's observer sees samples in their order; but
  // of two sites in different segments the first has seen all samples before the second sees one. `count`:
  // samples that `next` will give, or more; one is run without segments. Throws Error: that of the first
  // sample, in their order, that fails; a stop and what `progress` throws at once. [one thread, once]
  void run(uint64_t count, const Next& next, const Progress& progress = {});

  // What waits for later segments now.
  [[nodiscard]] const Store& store() const { return store_; }

 private:
  // A graph with its segments.
  struct Cutout {
    std::vector<TensorType> types;
    CompiledGraph compiled;
    std::vector<Segment> segments;
    std::vector<SegmentValues> values;
  };
  struct Lane {
    std::shared_ptr<const Cutout> cutout;
    std::map<ValueIndex, Store::Id> stored;
  };
  struct Active {
    SweepSample sample;
    std::vector<Lane> lanes;                   // that go on
    std::vector<std::vector<Tensor>> outputs;  // of lanes that are through
  };

  std::shared_ptr<const Cutout> cutout(std::span<const TensorType> types, const SweepSample& sample);
  std::vector<Tensor> run_lane(SweepLane& wanted, Lane& lane, const SweepSample& sample, size_t segment);
  void run_one(Active& active, size_t lane, size_t segment);
  void hold_for(size_t segment, size_t lanes);
  void first_segment(const Next& next);
  // Lanes [first_lane, end_lane) of all samples.
  void later_segment(size_t segment, size_t first_lane, size_t end_lane);
  // Called while the error of a lane is handled; throws it where no lane before it can fail.
  void fail(size_t index, size_t lane, const Error& error);
  void forget(Lane& lane);
  void count_done(const SweepSample& sample);

  const Compile compile_;
  const SweepLimits limits_;
  const RunControl& control_;
  std::optional<std::vector<Cut>> cuts_;  // of the first sample's graph
  std::vector<std::shared_ptr<const Cutout>> cutouts_;
  bool is_one_ = false;
  HeldConstants held_;
  Store store_;
  std::vector<std::unique_ptr<Active>> active_;  // in order
  std::optional<Error> failure_;                 // of the lane after the last active one
  std::vector<Tensor> values_;                   // of the lane that runs, by value
  Progress progress_;
  uint64_t done_ = 0;  // samples, counted in each segment
};

}  // namespace vernier::core
