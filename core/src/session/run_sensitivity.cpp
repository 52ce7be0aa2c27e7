#include "session/run_sensitivity.h"

#include <algorithm>
#include <cmath>
#include <limits>
#include <map>
#include <nlohmann/json.hpp>

#include "session/recipe_program.h"
#include "session/site_sensitivity.h"

namespace vernier::core {

namespace {

using Costs = std::vector<double>;  // by group: SQNR in dB; NaN: nothing is known

double decibels_of(double noise) {
  return noise == 0 ? std::numeric_limits<double>::infinity() : -10 * std::log10(noise);
}

Costs own_grids(const ModuleTree& tree, const std::vector<SiteGroup>& groups,
                const nlohmann::json& statistics) {
  std::map<std::string, double> by_site;
  for (const auto& row : statistics) {
    if (row.at("own_sqnr_db").is_number()) by_site[row.at("site")] = row.at("own_sqnr_db");
  }
  Costs costs;
  for (const SiteGroup& group : groups) {
    costs.push_back(std::numeric_limits<double>::quiet_NaN());
    for (const int site : group.sites) {
      const auto found = by_site.find(tree.sites[static_cast<size_t>(site)].path);
      if (found != by_site.end()) costs.back() = std::fmin(costs.back(), found->second);
    }
  }
  return costs;
}

Costs measured(SiteSensitivity& sites, const ModuleTree& tree) {
  const SiteQParams all = qparams_of(tree), none(all.size(), nullptr);
  std::vector<CostRow> rows;
  for (const SiteGroup& group : sites.groups()) rows.push_back({group.sites, {}});
  sites.measure(none, all, rows, nullptr);
  Costs costs;
  for (const CostRow& row : rows)
    costs.push_back(row.metrics.is_empty() ? std::numeric_limits<double>::quiet_NaN()
                                           : row.metrics.sqnr_db());
  return costs;
}

Costs estimated(SiteSensitivity& sites) {
  Costs costs = sites.estimate();
  for (double& one : costs) one = decibels_of(one);
  return costs;
}

// Forwards of one sample that an estimate takes, about: the float run twice, half of one for each piece, and
// two pieces for each row.
double forwards_of_estimate(size_t rows) { return 2 + 2.5 * std::sqrt(static_cast<double>(rows)); }

bool has_time(const Pipeline& run, size_t rows) {
  constexpr double kShare = 0.1;
  uint64_t forwards = 0;
  for (const auto& unit : run.units)
    forwards += unit->calibration->samples() + 2 * unit->evaluation->samples();
  const double wanted = static_cast<double>(run.units.size()) * forwards_of_estimate(rows);
  return wanted <= kShare * static_cast<double>(forwards);
}

nlohmann::json ranked(const ModuleTree& tree, const std::vector<SiteGroup>& groups, const Costs& costs) {
  std::vector<size_t> order(groups.size());
  for (size_t i = 0; i < order.size(); ++i) order[i] = i;
  const auto cost = [&](size_t row) {
    return std::isfinite(costs[row]) ? costs[row] : std::numeric_limits<double>::infinity();
  };
  std::ranges::stable_sort(order, {}, cost);
  nlohmann::json rows = nlohmann::json::array();
  for (const size_t i : order) {
    std::vector<std::string> sites;
    for (const int site : groups[i].sites) sites.push_back(tree.sites[static_cast<size_t>(site)].path);
    const bool is_weight = tree.sites[static_cast<size_t>(groups[i].sites.front())].is_weight;
    rows.push_back({{"sites", std::move(sites)},
                    {"role", is_weight ? "weight" : "activation"},
                    {"sqnr_db", std::isfinite(costs[i]) ? nlohmann::json(costs[i]) : nlohmann::json()}});
  }
  return rows;
}

}  // namespace

nlohmann::json site_costs(Pipeline& run, const nlohmann::json& statistics, bool is_full) {
  const ModuleTree& tree = *run.p.tree;
  const auto account = [&](const char* measure, uint64_t samples, const std::vector<SiteGroup>& groups,
                           const Costs& costs) -> nlohmann::json {
    return {{"measure", measure}, {"samples", samples}, {"rows", ranked(tree, groups, costs)}};
  };
  if (is_full) {
    SiteSensitivity sites(run, std::nullopt, SiteSensitivity::kMostKept);
    return account("one-quantized", sites.samples(), sites.groups(), measured(sites, tree));
  }
  const std::vector<SiteGroup> groups = groups_of(run);
  if (run.p.program || run.p.recipe.runtime.max_memory != 0 || !has_time(run, groups.size()))
    return account("own_grid", 0, groups, own_grids(tree, groups, statistics));
  SiteSensitivity sites(run, 1, run.memory_plan.limits.constant_bytes);
  return account("estimate", sites.samples(), sites.groups(), estimated(sites));
}

}  // namespace vernier::core
