#include "session/site_sensitivity.h"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <limits>

#include "sensitivity/cost_estimate.h"

namespace vernier::core {

namespace {

std::vector<uint64_t> samples_of(const Pipeline& run, std::optional<uint64_t> wanted) {
  std::vector<uint64_t> counts;
  for (const auto& unit : run.units) {
    const uint64_t there = unit->evaluation->samples();
    if (wanted && *wanted > there)
      throw usage_error(
          fmt::format("unit {} has {} evaluation samples, not {}", unit->recipe->name, there, *wanted),
          fmt::format("--samples {}", *wanted),
          fmt::format("ask for {} at most, or give the recipe more: --set evaluation.samples={}", there,
                      *wanted));
    counts.push_back(wanted.value_or(there));
  }
  return counts;
}

}  // namespace

std::vector<SiteGroup> groups_of(const Pipeline& run) {
  std::vector<std::shared_ptr<const Graph>> graphs;
  for (const auto& unit : run.units) graphs.push_back(unit->graph());
  return site_groups(*run.p.tree, graphs);
}

SiteSensitivity::SiteSensitivity(Pipeline& run, std::optional<uint64_t> samples, uint64_t most_kept)
    : run_(run),
      samples_(samples_of(run, samples)),
      choice_(*run.p.tree, *run.device, most_kept),
      costs_(*run.p.tree, choice_, *run.device, run.control()),
      groups_(groups_of(run)),
      store_(run.memory_plan.limits.store_bytes) {}

uint64_t SiteSensitivity::samples() const {
  uint64_t sum = 0;
  for (const uint64_t one : samples_) sum += one;
  return sum;
}

CompiledGraph SiteSensitivity::compiled(const Unit& unit, const std::vector<Tensor>& inputs) const {
  return unit.runner->compiled(types_of(inputs));
}

void SiteSensitivity::measure(const SiteQParams& base, const SiteQParams& other, std::span<CostRow> rows,
                              Metrics* of_base) {
  const uint64_t total = samples() * rows.size();
  uint64_t done = 0;
  const auto progress = [&] {
    run_.check_limits();
    run_.control().report({"sensitivity", {}, ++done, total, "rows"});
  };
  for (size_t i = 0; i < run_.units.size(); ++i) {
    const Unit& unit = *run_.units[i];
    for (uint64_t sample = 0; sample < samples_[i]; ++sample) {
      const std::vector<Tensor> inputs = unit.evaluation->sample(sample);
      costs_.add(compiled(unit, inputs), inputs, base, other, rows, of_base, progress);
    }
  }
}

Metrics SiteSensitivity::measure(const SiteQParams& sites) {
  Metrics metrics;
  floats_.resize(run_.units.size());
  for (size_t i = 0; i < run_.units.size(); ++i) {
    const Unit& unit = *run_.units[i];
    floats_[i].resize(samples_[i]);
    for (uint64_t sample = 0; sample < samples_[i]; ++sample) {
      run_.check_limits();
      const std::vector<Tensor> inputs = unit.evaluation->sample(sample);
      const CompiledGraph graph = compiled(unit, inputs);
      std::vector<Store::Id>& kept = floats_[i][sample];
      if (kept.empty()) {
        for (const Tensor& one : costs_.run(graph, inputs, SiteQParams(sites.size(), nullptr)))
          kept.push_back(store_.put(one));
      }
      std::vector<Tensor> reference;
      reference.reserve(kept.size());
      for (const Store::Id id : kept) reference.push_back(store_.get(id));
      metrics.add_outputs(reference, costs_.run(graph, inputs, sites));
    }
  }
  return metrics;
}

std::vector<double> SiteSensitivity::estimate() {
  std::vector<CostRow> rows;
  for (const SiteGroup& group : groups_) rows.push_back({group.sites, {}});
  std::vector<double> greatest(rows.size(), std::numeric_limits<double>::quiet_NaN());
  const SiteQParams quantized = qparams_of(*run_.p.tree);
  for (const auto& unit : run_.units) {
    const std::vector<Tensor> inputs = unit->evaluation->sample(0);
    const std::vector<double> here = estimate_costs(costs_, compiled(*unit, inputs), inputs, quantized, rows);
    for (size_t row = 0; row < here.size(); ++row) greatest[row] = std::fmax(greatest[row], here[row]);
  }
  return greatest;
}

}  // namespace vernier::core
