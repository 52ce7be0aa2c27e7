#include "sweep/sweep.h"

#include <algorithm>
#include <utility>

namespace vernier::core {

Sweep::Sweep(Compile compile, const SweepLimits& limits, const RunControl& control)
    : compile_(std::move(compile)), limits_(limits), control_(control), store_(limits.store_bytes) {}

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
      uint64_t most = 0;
      for (const SweepLane& lane : sample.lanes)
        most = std::max(most, made->compiled.interpreter->held_bytes(constant, lane.reading));
      return most;
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
  if (segment == 0) {
    const std::vector<Tensor> inputs = std::exchange(wanted.inputs, {})();
    lane.cutout = cutout(types_of(inputs), sample);
    lane.cutout->compiled.interpreter->begin(wanted.reading, inputs, values_);
  }
  const Cutout& cut = *lane.cutout;
  const SegmentValues& own = cut.values[segment];
  values_.resize(cut.compiled.graph->values.size());
  for (const ValueIndex value : own.loads) values_[value] = store_.get(lane.stored.at(value));
  for (const ValueIndex value : own.drops) {
    const auto stored = lane.stored.find(value);
    store_.drop(stored->second);
    lane.stored.erase(stored);
  }
  cut.compiled.interpreter->advance(wanted.reading, cut.segments[segment].first, cut.segments[segment].end,
                                    values_, wanted.observe, is_one_ ? nullptr : &held_);
  for (const ValueIndex value : own.keeps) {
    lane.stored.emplace(value, store_.put(values_[value]));
    values_[value] = {};
  }
  std::vector<Tensor> outputs;
  if (segment + 1 == cut.segments.size()) outputs = cut.compiled.interpreter->finish(wanted.reading, values_);
  // All others were taken by their last readers.
  for (const ValueIndex value : own.loads) values_[value] = {};
  for (const ValueIndex value : cut.compiled.graph->outputs) values_[value] = {};
  return outputs;
}

void Sweep::run_one(Active& active, size_t lane, size_t segment) {
  SweepSample& sample = active.sample;
  std::vector<Tensor> outputs;
  try {
    outputs = run_lane(sample.lanes[lane], active.lanes[lane], sample, segment);
  } catch (const Error& error) {
    values_.clear();
    if (error.is_stop() || !sample.explain) throw;
    throw sample.explain(error);
  }
  const bool is_last = segment == cuts_->size();
  if (is_last) active.outputs.push_back(std::move(outputs));
  if (lane + 1 < sample.lanes.size()) return;
  if (sample.after_segment) sample.after_segment();
  if (is_last && sample.finish) sample.finish(std::exchange(active.outputs, {}));
}

void Sweep::forget(Lane& lane) {
  for (const auto& [value, id] : lane.stored) store_.drop(id);
  lane.stored.clear();
}

void Sweep::fail(size_t index, size_t lane, const Error& error) {
  if (error.is_stop() || (index == 0 && lane == 0)) throw;  // the one that is being handled
  // Lanes before it may still fail and would have failed earlier, had each sample run by itself.
  if (index < active_.size()) {
    Active& failed = *active_[index];
    for (size_t i = lane; i < failed.lanes.size(); ++i) forget(failed.lanes[i]);
    failed.lanes.resize(lane);
    failed.sample.after_segment = nullptr;
    failed.sample.finish = nullptr;
    for (size_t i = index + 1; i < active_.size(); ++i)
      for (Lane& one : active_[i]->lanes) forget(one);
    active_.resize(lane == 0 ? index : index + 1);
  }
  failure_ = error;
}

void Sweep::count_done(const SweepSample& sample) {
  done_ += sample.samples;
  if (progress_) progress_(done_ / (cuts_->size() + 1));
}

void Sweep::hold_for(size_t segment, size_t lanes) {
  const bool is_apart = lanes == 1 || (segment != 0 && segment != cuts_->size());
  held_.start(limits_.constant_bytes * (is_apart ? 1 : lanes), is_apart);
}

void Sweep::first_segment(const Next& next) {
  for (;;) {
    control_.check();
    const size_t index = active_.size();  // 0 where the graph is in one piece: those before are through
    size_t lane = 0;
    try {
      std::optional<SweepSample> sample = next();
      if (!sample) return;
      const size_t lanes = sample->lanes.size();
      if (!cuts_) hold_for(0, lanes);
      active_.push_back(std::make_unique<Active>(Active{std::move(*sample), std::vector<Lane>(lanes), {}}));
      for (; lane < lanes; ++lane) run_one(*active_.back(), lane, 0);
    } catch (const Error& error) {
      fail(index, lane, error);
      return;
    }
    count_done(active_.back()->sample);
    if (cuts_->empty()) active_.pop_back();
  }
}

void Sweep::later_segment(size_t segment, size_t first_lane, size_t end_lane) {
  hold_for(segment, active_[0]->sample.lanes.size());
  for (size_t i = 0; i < active_.size(); ++i) {
    control_.check();
    size_t lane = first_lane;
    try {
      for (; lane < std::min(end_lane, active_[i]->lanes.size()); ++lane) run_one(*active_[i], lane, segment);
    } catch (const Error& error) {
      fail(i, lane, error);
      return;
    }
    if (lane == active_[i]->sample.lanes.size()) count_done(active_[i]->sample);
  }
}

void Sweep::run(uint64_t count, const Next& next, const Progress& progress) {
  is_one_ = count <= 1;
  progress_ = progress;
  first_segment(next);
  for (size_t segment = 1; cuts_ && segment <= cuts_->size(); ++segment) {
    const size_t lanes = active_[0]->sample.lanes.size();
    if (segment == cuts_->size()) {
      later_segment(segment, 0, lanes);
    } else {
      for (size_t lane = 0; lane < lanes; ++lane) later_segment(segment, lane, lane + 1);
    }
  }
  held_.start(0);
  active_.clear();
  if (failure_) throw Error(*failure_);
}

}  // namespace vernier::core
