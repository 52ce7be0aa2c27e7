// What sites cost at the outputs: how far the outputs go from the float run when some sites change their
// qparams and all else stays as it is.
#pragma once

#include <cstdint>
#include <functional>
#include <map>
#include <memory>
#include <span>
#include <vector>

#include "interpreter/interpreter.h"
#include "sensitivity/site_choice.h"
#include "sensitivity/site_groups.h"
#include "tensor/metrics.h"

namespace vernier::core {

// Sites that change together.
struct CostRow {
  std::vector<int> sites;
  Metrics metrics;  // the float run against the run in which they changed; empty: no graph uses them
};

class SiteCosts {
 public:
  // After each row of a sample; what it throws ends the work.
  using Progress = std::function<void()>;

  // `choice`, `device` and `control` must outlive this.
  SiteCosts(const ModuleTree& tree, SiteChoice& choice, Device& device, const RunControl& control)
      : tree_(tree), choice_(choice), device_(device), control_(control) {}

  // Of one sample. The graph runs with `base` from its beginning to the first node that a row changes; a row
  // then runs to the end from there, with its sites as in `other`: it costs what is left of the graph.
  // Only values that are still needed are held, those of two runs at most. `of_base` (may be null) gets the
  // float run against `base`. Outputs that are not float32 are not compared. Throws Error: an op's, a stop.
  void add(const CompiledGraph& compiled, std::span<const Tensor> inputs, const SiteQParams& base,
           const SiteQParams& other, std::span<CostRow> rows, Metrics* of_base, const Progress& progress);

  // Outputs of the graph with these qparams; all null: the float run.
  [[nodiscard]] std::vector<Tensor> run(const CompiledGraph& compiled, std::span<const Tensor> inputs,
                                        const SiteQParams& sites);

  // What runs the graph on the choice, and where the graph uses sites. Both stay as long as this.
  struct Runs {
    CompiledGraph compiled;
    Interpreter interpreter;
    std::vector<SiteUse> uses;
  };
  [[nodiscard]] Runs& runs(const CompiledGraph& compiled);
  // Of all its sites together.
  [[nodiscard]] static SiteUse use_of(const Runs& runs, const CostRow& row);

  [[nodiscard]] SiteChoice& choice() { return choice_; }

 private:
  const ModuleTree& tree_;
  SiteChoice& choice_;
  Device& device_;
  const RunControl& control_;
  std::map<const Graph*, std::unique_ptr<Runs>> runs_;
};

}  // namespace vernier::core
