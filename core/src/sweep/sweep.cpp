#include "sweep/sweep.h"

#include <algorithm>
#include <utility>

namespace vernier::core {

Sweep::Sweep(Compile compile, const SweepLimits& limits, const RunControl& control)
    : compile_(std::move(compile)),
      limits_(limits),
      control_(control),
      held_(limits.constant_bytes),
      store_(limits.store_bytes) {}

std::shared_ptr<const Sweep::Cutout> Sweep::cutout(std::span<const TensorType> types,
                                                   const SweepSample& sample) {
  const auto found =
      std::ranges::find_if(cutouts_, [&](const auto& one) { return std::ranges::equal(one->types, types); });
  if (found != cutouts_.end()) return *found;
  auto made = std::make_shared<Cutout>();
  made->types.assign(types.begin(), types.end());
  made->compiled = compile_(types);
  const Graph& graph = *made->compiled.graph;
  if (!cuts_) {
    const auto bytes = [&](const GraphValue& constant) {
      uint64_t sum = 0;
      for (const SweepLane& lane : sample.lanes)
        sum += made->compiled.interpreter->held_bytes(constant, lane.reading);
      return sum;
    };
    cuts_ = is_one_ ? std::vector<Cut>() : choose_cuts(graph, bytes, limits_.constant_bytes);
  }
  made->segments = segments_of(graph, *cuts_);
  made->values = values_of(graph, made->segments);
  // Of a graph in one piece nobody asks again.
  if (!cuts_->empty()) cutouts_.push_back(made);
  return made;
}

std::vector<Tensor> Sweep::run_lane(SweepLane& wanted, Lane& lane, const SweepSample& sample,
                                    size_t segment) {
  std::vector<Tensor> values;
  if (segment == 0) {
    const std::vector<Tensor> inputs = std::exchange(wanted.inputs, {})();
    lane.cutout = cutout(types_of(inputs), sample);
    lane.cutout->compiled.interpreter->begin(wanted.reading, inputs, values);
  }
  const Cutout& cut = *lane.cutout;
  const SegmentValues& own = cut.values[segment];
  values.resize(cut.compiled.graph->values.size());
  for (const ValueIndex value : own.loads) values[value] = store_.get(lane.stored.at(value));
  for (const ValueIndex value : own.drops) {
    const auto stored = lane.stored.find(value);
    store_.drop(stored->second);
    lane.stored.erase(stored);
  }
  cut.compiled.interpreter->advance(wanted.reading, cut.segments[segment].first, cut.segments[segment].end,
                                    values, wanted.observe, is_one_ ? nullptr : &held_);
  for (const ValueIndex value : own.keeps) {
    lane.stored.emplace(value, store_.put(values[value]));
    values[value] = {};
  }
  return segment + 1 < cut.segments.size() ? std::vector<Tensor>()
                                           : cut.compiled.interpreter->finish(wanted.reading, values);
}

void Sweep::run_segment(Active& active, size_t segment) {
  SweepSample& sample = active.sample;
  std::vector<std::vector<Tensor>> outputs;
  try {
    for (size_t lane = 0; lane < sample.lanes.size(); ++lane)
      outputs.push_back(run_lane(sample.lanes[lane], active.lanes[lane], sample, segment));
  } catch (const Error& error) {
    if (error.is_stop() || !sample.explain) throw;
    throw sample.explain(error);
  }
  if (sample.after_segment) sample.after_segment();
  if (segment == cuts_->size() && sample.finish) sample.finish(std::move(outputs));
}

void Sweep::forget(Active& active) {
  for (Lane& lane : active.lanes) {
    for (const auto& [value, id] : lane.stored) store_.drop(id);
    lane.stored.clear();
  }
}

void Sweep::fail(size_t index, const Error& error) {
  if (error.is_stop() || index == 0) throw;  // the one that is being handled
  for (size_t i = index; i < active_.size(); ++i) forget(*active_[i]);
  active_.resize(index);
  failure_ = error;
}

void Sweep::count_done(const SweepSample& sample) {
  done_ += sample.samples;
  if (progress_) progress_(done_ / (cuts_->size() + 1));
}

void Sweep::first_segment(const Next& next) {
  for (;;) {
    control_.check();
    const size_t index = active_.size();  // 0 where the graph is in one piece: those before are through
    try {
      std::optional<SweepSample> sample = next();
      if (!sample) return;
      active_.push_back(std::make_unique<Active>(Active{std::move(*sample), {}}));
      active_.back()->lanes.resize(active_.back()->sample.lanes.size());
      run_segment(*active_.back(), 0);
    } catch (const Error& error) {
      fail(index, error);
      return;
    }
    count_done(active_.back()->sample);
    if (cuts_->empty()) active_.pop_back();
  }
}

void Sweep::later_segment(size_t segment) {
  for (size_t i = 0; i < active_.size(); ++i) {
    control_.check();
    try {
      run_segment(*active_[i], segment);
    } catch (const Error& error) {
      fail(i, error);
      return;
    }
    count_done(active_[i]->sample);
  }
}

void Sweep::run(uint64_t count, const Next& next, const Progress& progress) {
  is_one_ = count <= 1;
  progress_ = progress;
  first_segment(next);
  held_.clear();
  for (size_t segment = 1; cuts_ && segment <= cuts_->size(); ++segment) {
    later_segment(segment);
    held_.clear();
  }
  active_.clear();
  if (failure_) throw Error(*failure_);
}

}  // namespace vernier::core
