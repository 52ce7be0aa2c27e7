// `vernier sensitivity`: a run up to its evaluation, and then the costs of its sites.
#include "vernier/core/sensitivity.h"

#include <fmt/format.h>

#include <algorithm>
#include <chrono>
#include <cmath>
#include <map>
#include <nlohmann/json.hpp>

#include "report/run_folder.h"
#include "session/raising_rules.h"
#include "session/recipe_program.h"
#include "session/site_sensitivity.h"

namespace vernier::core {

namespace {

using Row = std::pair<SensitivityRow, std::vector<int>>;  // with the sites' places

// A folder stands for its recipe with its qparams.
SessionOptions sensitivity_session(const SessionOptions& session) {
  SessionOptions result = session;
  if (!std::filesystem::is_directory(session.recipe)) return result;
  (void)read_run_folder(session.recipe);
  result.recipe = session.recipe / "recipe.effective.json";
  const std::filesystem::path qparams = std::filesystem::absolute(session.recipe / "qparams.json");
  result.overrides.push_back("quantization.from=" + nlohmann::json(qparams.string()).dump());
  return result;
}

std::string module_path(const Site& site) {
  const size_t slash = site.path.rfind('/');
  return slash == std::string::npos ? std::string() : site.path.substr(0, slash);
}

OutputError error_of(const Metrics& metrics) {
  return {metrics.sqnr_db(), metrics.mean_square_diff(), metrics.cosine()};
}

std::vector<CostRow> rows_of(const Pipeline& run, const std::vector<SiteGroup>& groups,
                             const SensitivityOptions& options) {
  const auto wants = [&](int site) {
    return run.p.tree->sites[static_cast<size_t>(site)].is_weight ? options.weights : options.activations;
  };
  std::vector<CostRow> rows;
  std::map<std::string, size_t> modules;  // place of a module's row
  for (const SiteGroup& group : groups) {
    if (!options.by_module) {
      if (wants(group.sites.front())) rows.push_back({group.sites, {}});
      continue;
    }
    for (const int site : group.sites) {
      if (!wants(site)) continue;
      const std::string module = module_path(run.p.tree->sites[static_cast<size_t>(site)]);
      const auto [place, is_new] = modules.try_emplace(module, rows.size());
      if (is_new) rows.emplace_back();
      rows[place->second].sites.push_back(site);
    }
  }
  return rows;
}

Row named(const ModuleTree& tree, const CostRow& row) {
  SensitivityRow result;
  const Site& first = tree.sites[static_cast<size_t>(row.sites.front())];
  for (const int site : row.sites) result.sites.push_back(tree.sites[static_cast<size_t>(site)].path);
  result.module = module_path(first);
  result.is_weight = first.is_weight;
  result.dtype = first.qparams->dtype;
  result.error = error_of(row.metrics);
  return {std::move(result), row.sites};
}

SiteQParams only(const ModuleTree& tree, const SiteQParams& all, bool weights) {
  SiteQParams chosen = all;
  for (size_t site = 0; site < chosen.size(); ++site) {
    if (tree.sites[site].is_weight != weights) chosen[site] = nullptr;
  }
  return chosen;
}

// The costliest first.
void sort_rows(std::vector<Row>& rows, SensitivityMethod method) {
  std::ranges::stable_sort(rows, [&](const Row& a, const Row& b) {
    const double x = a.first.error.sqnr_db, y = b.first.error.sqnr_db;
    return method == SensitivityMethod::kOneQuantized ? x < y : x > y;
  });
}

SuggestedRules suggest_rules(const Pipeline& run, SiteSensitivity& costs, const std::vector<Row>& rows,
                             const SuggestOptions& options) {
  const ModuleTree& tree = *run.p.tree;
  SiteQParams chosen = qparams_of(tree);
  SuggestedRules result;
  result.before_db = costs.measure(chosen).sqnr_db();
  std::vector<const Row*> raisable;
  for (const Row& row : rows) {
    const auto can = [&](int site) {
      return is_raisable(tree.sites[static_cast<size_t>(site)], options.dtype);
    };
    if (std::ranges::any_of(row.second, can)) raisable.push_back(&row);
  }
  const size_t most = std::min(options.count.value_or(options.most), raisable.size());
  std::vector<double> reached;  // SQNR, by the number of rows less one
  for (size_t k = 0; k < most; ++k) {
    for (const int site : raisable[k]->second) chosen[static_cast<size_t>(site)] = nullptr;
    if (!options.count || k + 1 == most) reached.push_back(costs.measure(chosen).sqnr_db());
  }
  size_t count = most;
  if (!options.count && most != 0) {
    const double best = *std::ranges::max_element(reached);
    const double enough = result.before_db + 0.9 * (best - result.before_db);
    // Not a number where all is exact already.
    const auto first = std::ranges::find_if(reached, [&](double one) { return !(one < enough); });
    count = static_cast<size_t>(first - reached.begin()) + 1;
    reached.resize(count);
  }
  result.rows = count;
  result.after_db = reached.empty() ? result.before_db : reached.back();
  std::vector<int> sites;
  for (size_t k = 0; k < count; ++k)
    sites.insert(sites.end(), raisable[k]->second.begin(), raisable[k]->second.end());
  const nlohmann::ordered_json rules = raising_rules(run.p, sites, options.dtype);
  for (const int site : sites) {
    const Site& one = tree.sites[static_cast<size_t>(site)];
    if (is_raisable(one, options.dtype) && one.tied_to < 0) result.sites.push_back(one.path);
  }
  result.rules = rules.dump();
  return result;
}

void require_suggestable(const SensitivityOptions& options) {
  if (options.by_module)
    throw usage_error("rules are suggested for sites, not for modules", "--suggest", "leave out --by module");
  if (!options.activations)
    throw usage_error("rules are suggested for activations, and the table has none", "--suggest",
                      "leave out --role weight");
}

}  // namespace

const char* to_string(SensitivityMethod method) {
  return method == SensitivityMethod::kOneQuantized ? "one-quantized" : "leave-one-float";
}

SensitivityResult measure_sensitivity(const SessionOptions& given, const SensitivityOptions& options,
                                      const std::optional<SuggestOptions>& suggest) {
  if (suggest) require_suggestable(options);
  const bool writes = suggest && !suggest->write.empty();
  if (writes) refuse_raised_recipe(given.recipe, given.overrides, suggest->write);
  const SessionOptions session = sensitivity_session(given);
  Pipeline run(session);
  refuse_program(run.p, "`vernier sensitivity`");
  run.trace();
  run.calibrate();
  if (!run.p.recipe.exports.empty()) (void)run.capture_for_export();  // it raises scales, as `run` does
  run.times.start("sensitivity");
  const auto started = std::chrono::steady_clock::now();
  SiteSensitivity costs(run, options.samples);
  const ModuleTree& tree = *run.p.tree;
  SensitivityResult result;
  Sensitivity& found = result.sensitivity;
  found.method = options.method;
  found.by_module = options.by_module;
  found.samples = costs.samples();
  std::vector<CostRow> rows = rows_of(run, costs.groups(), options);
  run.say(fmt::format("{} rows on {} samples, {}", rows.size(), found.samples, to_string(options.method)));
  const SiteQParams all = qparams_of(tree), none(all.size(), nullptr);
  found.all = error_of(costs.measure(all));
  found.weights = error_of(costs.measure(only(tree, all, true)));
  found.activations = error_of(costs.measure(only(tree, all, false)));
  const bool is_one = options.method == SensitivityMethod::kOneQuantized;
  costs.measure(is_one ? none : all, is_one ? all : none, rows, nullptr);
  std::vector<Row> sorted;
  for (const CostRow& row : rows) {
    if (!row.metrics.is_empty()) sorted.push_back(named(tree, row));
  }
  sort_rows(sorted, options.method);
  if (suggest) result.suggested = suggest_rules(run, costs, sorted, *suggest);
  if (writes)
    write_raised_recipe(nlohmann::ordered_json::parse(result.suggested->rules), given.recipe, suggest->write,
                        fmt::format("What costs most, by `vernier sensitivity`: {} rows, {} sites.",
                                    result.suggested->rows, result.suggested->sites.size()));
  for (Row& row : sorted) found.rows.push_back(std::move(row.first));
  found.kept_bytes = costs.kept_bytes();
  found.seconds = std::chrono::duration<double>(std::chrono::steady_clock::now() - started).count();
  return result;
}

}  // namespace vernier::core
