// `vernier tune`: a recipe calibrated twice, and a search over which sites have which of the two grids.
#include "vernier/core/tune.h"

#include <fmt/format.h>

#include <algorithm>
#include <map>
#include <nlohmann/json.hpp>
#include <numeric>

#include "file/atomic_file.h"
#include "graph/fingerprint.h"
#include "recipe/recipe_values.h"
#include "report/html/tune_page.h"
#include "report/report.h"
#include "session/raising_rules.h"
#include "session/recipe_program.h"
#include "session/run_identity.h"
#include "session/site_sensitivity.h"
#include "session/tune_journal.h"
#include "text/quote.h"

namespace vernier::core {

namespace {

namespace fs = std::filesystem;

struct Target {
  std::string metric;
  Gate gate;
};

Target target_of(const std::string& text) {
  const size_t space = text.find(' ');
  const std::string metric = text.substr(0, space);
  const auto gate =
      space == std::string::npos ? std::nullopt : parse_gate(std::string_view(text).substr(space + 1));
  const nlohmann::json known = Metrics().to_json();
  if (!gate || !known.contains(metric))
    throw usage_error(fmt::format("{} is no target", in_quotes(text)), "--target",
                      "a metric and its limit: \"cosine >= 0.99\", \"sqnr_db >= 20\", \"peir <= 0.05\"");
  return {metric, *gate};
}

fs::path tune_folder(const SessionOptions& session) {
  return session.out ? *session.out : fs::path("out") / (session.recipe.stem().string() + ".tune");
}

// By site of the tree; nothing where the site is not raised.
using WideQParams = std::vector<std::optional<QParams>>;

class Tuner {
 public:
  Tuner(const SessionOptions& session, const TuneOptions& options)
      : options_(options),
        target_(target_of(options.target)),
        folder_(tune_folder(session)),
        journal_(folder_),
        session_(with_journal(session)),
        run_(session_) {
    refuse_program(run_.p, "`vernier tune`");
    if (run_.given)
      throw usage_error("tune calibrates, and the recipe takes the qparams of an earlier run",
                        run_.p.recipe.where("/quantization/from"), "remove \"from\"");
  }

  TuneResult run() {
    journal_.claim();
    calibrated(run_);
    collect_rows();
    calibrate_wide();
    run_.times.start("tune");
    journal_.begin(identity());
    const RowSet rows = fewest_rows(ranked(), [&](const RowSet& set) { return point(set).is_met; });
    return finish(rows);
  }

 private:
  [[nodiscard]] SessionOptions with_journal(SessionOptions session) const {
    if (!session.overrides.empty())
      throw usage_error("the recipe that is found extends the file, and what --set says is not in it",
                        "--set " + session.overrides[0],
                        "write it into the recipe, or into one that extends it");
    if (!session.journal) session.journal = folder_ / "journal";
    return session;
  }

  static void calibrated(Pipeline& run) {
    run.trace();
    run.calibrate();
    if (!run.p.recipe.exports.empty()) (void)run.capture_for_export();  // it raises scales, as `run` does
  }

  void collect_rows() {
    sites_.emplace(run_, options_.samples);
    for (const SiteGroup& group : sites_->groups()) {
      const auto can = [&](int site) { return is_raisable(site_at(site), options_.dtype); };
      if (std::ranges::any_of(group.sites, can)) rows_.push_back(group);
      for (const int site : group.sites) {
        if (site_at(site).is_weight) continue;
        ++activations_;
        if (!can(site)) ++wide_before_;
      }
    }
    for (const SiteGroup& row : rows_) raised_.insert(raised_.end(), row.sites.begin(), row.sites.end());
  }

  // The same samples, with the dtype at all sites that can have it.
  void calibrate_wide() {
    SessionOptions session = session_;
    session.recipe = folder_ / "wide.json";
    write_raised_recipe(raising_rules(run_.p, raised_, options_.dtype), session_.recipe, session.recipe,
                        fmt::format("All activation sites with {}.", options_.dtype.name()));
    run_.say(fmt::format("all {} sites with {}", raised_.size(), options_.dtype.name()));
    Pipeline wide(session);
    calibrated(wide);
    std::map<std::string, const Site*> by_path;
    for (const Site& site : wide.p.tree->sites) by_path[site.path] = &site;
    wide_.resize(run_.p.tree->sites.size());
    for (const int site : raised_) wide_[static_cast<size_t>(site)] = by_path.at(site_at(site).path)->qparams;
    wide_identity_ = qparams_json(*wide.p.tree).dump();
  }

  [[nodiscard]] std::string identity() const {
    const std::string evaluation = evaluation_identity(model_identity(run_.p), run_.p, run_.units).dump();
    return Fingerprint()
        .add(std::string_view(evaluation))
        .add(std::string_view(wide_identity_))
        .add(std::string_view(options_.target))
        .add(static_cast<int64_t>(sites_->samples()))
        .finish();
  }

  // Rows, the costliest first.
  std::vector<size_t> ranked() {
    std::optional<std::vector<double>> costs = journal_.ranking();
    if (!costs || costs->size() != rows_.size()) {
      run_.say(fmt::format("measuring what each of {} rows costs", rows_.size()));
      const SiteQParams all = qparams_of(*run_.p.tree), none(all.size(), nullptr);
      std::vector<CostRow> rows;
      for (const SiteGroup& row : rows_) rows.push_back({row.sites, {}});
      sites_->measure(none, all, rows, nullptr);
      costs.emplace();
      for (const CostRow& row : rows) costs->push_back(row.metrics.sqnr_db());
      journal_.keep_ranking(*costs);
    }
    std::vector<size_t> order(rows_.size());
    std::iota(order.begin(), order.end(), 0);
    std::ranges::stable_sort(order, {}, [&](size_t row) { return (*costs)[row]; });
    return order;
  }

  TunePoint point(const RowSet& rows) {
    if (const TunePoint* known = journal_.find(rows)) return *known;
    SiteQParams sites = qparams_of(*run_.p.tree);
    TunePoint result;
    result.wide = wide_before_;
    for (size_t row = 0; row < rows.size(); ++row) {
      if (!rows[row]) continue;
      for (const int site : rows_[row].sites) {
        const auto place = static_cast<size_t>(site);
        if (!is_raisable(site_at(site), options_.dtype)) continue;
        sites[place] = &*wide_[place];
        ++result.wide;
      }
    }
    const Metrics metrics = sites_->measure(sites);
    result.error = {metrics.sqnr_db(), metrics.mean_square_diff(), metrics.cosine()};
    result.value = metrics.value(target_.metric);
    result.is_met = target_.gate.holds(result.value);
    run_.say(fmt::format("{} of {} sites wide: {} {:.6g}, {:.2f} dB", result.wide, activations_,
                         target_.metric, result.value, result.error.sqnr_db));
    journal_.keep(rows, result);
    return result;
  }

  TuneResult finish(const RowSet& rows) {
    TuneResult result;
    result.found = point(rows);
    result.is_met = result.found.is_met;
    result.activations = activations_;
    result.points = journal_.points();
    result.reused = journal_.reused();
    std::vector<int> sites;
    for (size_t row = 0; row < rows.size(); ++row) {
      if (rows[row]) sites.insert(sites.end(), rows_[row].sites.begin(), rows_[row].sites.end());
    }
    result.recipe = folder_ / "recipe.json";
    write_raised_recipe(raising_rules(run_.p, sites, options_.dtype), session_.recipe, result.recipe,
                        fmt::format("Found by `vernier tune` for {}: {} of {} activation sites have {} bits.",
                                    options_.target, result.found.wide, activations_, options_.dtype.bits));
    result.page = folder_ / "tune.html";
    nlohmann::json account = to_json(result);
    account["target"] = options_.target;
    AtomicFile page(result.page);
    page.write(html::tune_page(account));
    page.commit();
    SessionOptions check = session_;
    check.recipe = result.recipe;
    Pipeline(check).refuse_early();  // the backend may want two sites to have one dtype
    return result;
  }

  [[nodiscard]] const Site& site_at(int site) const { return run_.p.tree->sites[static_cast<size_t>(site)]; }

  const TuneOptions& options_;
  const Target target_;
  const fs::path folder_;
  TuneJournal journal_;
  const SessionOptions session_;
  Pipeline run_;
  std::optional<SiteSensitivity> sites_;
  std::vector<SiteGroup> rows_;  // that can be raised
  std::vector<int> raised_;      // sites of all rows
  uint64_t activations_ = 0, wide_before_ = 0;
  WideQParams wide_;
  std::string wide_identity_;
};

}  // namespace

TuneResult tune(const SessionOptions& session, const TuneOptions& options) {
  return Tuner(session, options).run();
}

nlohmann::json to_json(const TuneResult& result) {
  nlohmann::json points = nlohmann::json::array();
  for (const TunePoint& point : result.points) points.push_back(to_json(point));
  nlohmann::json found = to_json(result.found);
  found.update({{"recipe", result.recipe.string()},
                {"page", result.page.string()},
                {"is_met", result.is_met},
                {"activations", result.activations},
                {"reused", result.reused},
                {"points", std::move(points)}});
  return found;
}

}  // namespace vernier::core
