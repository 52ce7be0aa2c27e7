// Costs of sites over the evaluation samples of a pipeline that is calibrated.
#pragma once

#include <memory>
#include <optional>
#include <span>
#include <vector>

#include "sensitivity/site_costs.h"
#include "sensitivity/site_groups.h"
#include "session/pipeline.h"
#include "tensor/metrics.h"

namespace vernier::core {

// Of all units' traces.
[[nodiscard]] std::vector<SiteGroup> groups_of(const Pipeline& run);

class SiteSensitivity {
 public:
  // What is worth keeping of constants where many runs want them.
  static constexpr uint64_t kMostKept = uint64_t{512} << 20;

  // `run` is traced and calibrated, has no program, and must outlive this. `samples`: the first of each unit;
  // not set: all. `most_kept`: bytes of constants. Throws Error (kUsage) where a unit has fewer samples.
  SiteSensitivity(Pipeline& run, std::optional<uint64_t> samples, uint64_t most_kept = kMostKept);

  [[nodiscard]] const std::vector<SiteGroup>& groups() const { return groups_; }
  // Of all units.
  [[nodiscard]] uint64_t samples() const;
  [[nodiscard]] uint64_t kept_bytes() const { return choice_.kept_bytes(); }

  // Adds to each row what it costs, see SiteCosts::add(). `of_base` may be null.
  void measure(const SiteQParams& base, const SiteQParams& other, std::span<CostRow> rows, Metrics* of_base);
  // The float run against the run with these qparams. The first call keeps the float run's outputs.
  [[nodiscard]] Metrics measure(const SiteQParams& sites);
  // By group: the estimate of estimate_costs() on sample 0 of each unit, the greatest of all units.
  [[nodiscard]] std::vector<double> estimate();

 private:
  [[nodiscard]] CompiledGraph compiled(const Unit& unit, const std::vector<Tensor>& inputs) const;

  Pipeline& run_;
  std::vector<uint64_t> samples_;  // by unit
  SiteChoice choice_;
  SiteCosts costs_;
  std::vector<SiteGroup> groups_;
  Store store_;                                              // of the float run's outputs
  std::vector<std::vector<std::vector<Store::Id>>> floats_;  // by unit, sample, output
};

}  // namespace vernier::core
