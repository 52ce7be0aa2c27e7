// Calibrator's observers as what is kept between runs, and back.
#include <fmt/format.h>

#include <map>

#include "calibration/calibrator.h"
#include "vernier/core/error.h"

namespace vernier::core {

namespace {

// The observer's qparams do not depend on samples.
constexpr const char* kNoState = "none";

// Whether calibration shows this site to an observer of its own.
bool is_observed(const Site& site) { return site.is_reached && !site.qparams && site.tied_to < 0; }

bool is_refusal(const Error& error) {
  return error.status() == VERNIER_FAILED_PRECONDITION || error.status() == VERNIER_DATA_LOSS;
}

}  // namespace

std::vector<SiteObservation> Calibrator::observations() {
  std::vector<SiteObservation> kept;
  for (size_t index = 0; index < tree_.sites.size(); ++index) {
    const Site& site = tree_.sites[index];
    const auto shape = shapes_.find(static_cast<int>(index));
    if (!is_observed(site) || shape == shapes_.end()) continue;
    SiteObservation one{site.path,      {}, {}, site.spec.granularity, site.spec.axis, shape->second,
                        site.collected, {}};
    if (!site.range) {
      Observer& observer = observers_.at(static_cast<int>(index));
      if (observer.state().empty()) return {};
      one.state = observer.state();
      one.library = observer.library();
      one.bytes = observer.save();
    }
    kept.push_back(std::move(one));
  }
  return kept;
}

std::string Calibrator::restore(int site, const SiteObservation& kept) {
  Site& target = tree_.sites[site];
  shapes_.insert_or_assign(site, kept.shape);
  target.collected = kept.collected;
  if (target.range) return {};
  const LoadedObserver loaded = find_(target.spec.observer);
  const bool is_same = loaded.state == kept.state && loaded.sha256 == kept.library &&
                       target.spec.granularity == kept.granularity && target.spec.axis == kept.axis;
  if (!is_same && loaded.state != kNoState)
    return fmt::format("observer {} of site {} goes on from none of them", target.spec.observer, target.path);
  Observer& observer =
      observers_.try_emplace(site, services_, loaded, target.spec, kept.shape, target.path).first->second;
  try {
    observer.load(is_same ? kept.bytes : std::string());
  } catch (const Error& error) {
    if (!is_refusal(error)) throw;
    return error.diagnostics().front().what;
  }
  return {};
}

std::string Calibrator::restore(const std::vector<SiteObservation>& kept) {
  std::map<std::string_view, const SiteObservation*> by_site;
  for (const SiteObservation& one : kept) by_site.emplace(one.site, &one);
  std::string refusal;
  for (size_t index = 0; index < tree_.sites.size() && refusal.empty(); ++index) {
    const Site& site = tree_.sites[index];
    if (!is_observed(site)) continue;
    const auto found = by_site.find(site.path);
    refusal = found == by_site.end() ? fmt::format("site {} is not among them", site.path)
                                     : restore(static_cast<int>(index), *found->second);
  }
  if (refusal.empty()) return refusal;
  for (size_t index = 0; index < tree_.sites.size(); ++index) {
    Site& site = tree_.sites[index];
    if (!is_observed(site)) continue;
    observers_.erase(static_cast<int>(index));
    shapes_.erase(static_cast<int>(index));
    site.collected = 0;
  }
  return refusal;
}

}  // namespace vernier::core
