#include "session/reached_sites.h"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <algorithm>
#include <map>
#include <set>

#include "vernier/core/error.h"

namespace vernier::core {

namespace {

// Entries of the root and of the units' modules that no unit runs.
std::vector<std::string> entries_not_run(const Prepared& p, std::span<const std::unique_ptr<Unit>> units) {
  std::map<int, std::set<std::string>> run = {{0, {}}};  // by module
  for (const auto& unit : units) run[unit->module].insert(unit->recipe->entry);
  std::vector<std::string> missing;
  for (const auto& [module, entries] : run) {
    const std::string& type = p.tree->modules[static_cast<size_t>(module)].type;
    for (const EntryInfo& one : p.catalog->wrapper_for(type).component->entries) {
      if (!entries.contains(one.name)) missing.push_back(one.name);
    }
  }
  return missing;
}

[[noreturn]] void refuse(const Site& site, std::span<const std::unique_ptr<Unit>> units) {
  std::vector<std::string> entries;
  for (const auto& unit : units) entries.push_back(unit->recipe->entry);
  throw data_error(fmt::format("site {} was never observed", site.path), "site " + site.path,
                   units.size() == 1
                       ? fmt::format("the wrapper declares a site that entry {} does not use", entries[0])
                       : fmt::format("the wrapper declares a site that no unit's entry uses ({})",
                                     fmt::join(entries, ", ")));
}

}  // namespace

void mark_reached_sites(const Prepared& p, std::span<const std::unique_ptr<Unit>> units) {
  std::vector<Site>& sites = p.tree->sites;
  std::vector<bool> is_reached(sites.size());
  for (const auto& unit : units) {
    const auto traced = unit->graph();
    for (const GraphNode& node : traced->nodes) {
      if (node.site >= 0) is_reached[static_cast<size_t>(node.site)] = true;
    }
  }
  for (const Parameter& parameter : p.tree->parameters) {
    if (parameter.site >= 0) is_reached[static_cast<size_t>(parameter.site)] = true;
  }
  const bool may_be_others = !entries_not_run(p, units).empty();
  for (size_t i = 0; i < sites.size(); ++i) {
    sites[i].is_reached = is_reached[i];
    if (!is_reached[i] && !may_be_others) refuse(sites[i], units);
    const int owner = sites[i].tied_to;
    if (!is_reached[i] || owner < 0 || is_reached[static_cast<size_t>(owner)]) continue;
    throw data_error(
        fmt::format("site {} was never observed", sites[static_cast<size_t>(owner)].path),
        "site " + sites[i].path,
        "its qparams are that site's, and no unit reaches it: run the entry that does as a unit");
  }
}

}  // namespace vernier::core
