#include "module/ties.h"

#include <fmt/format.h>

#include <map>

#include "text/nearest.h"
#include "vernier/core/error.h"

namespace vernier::core {

namespace {

using Places = std::map<std::string, int>;  // of sites, by path

std::string module_of(const Site& site) {
  return site.path.size() == site.name.size() ? std::string()
                                              : site.path.substr(0, site.path.size() - site.name.size() - 1);
}

// "act" of the module m: m/act; "child/act": m.child/act.
std::string site_below(const std::string& module, const std::string& path) {
  if (module.empty()) return path;
  return module + (path.find('/') == std::string::npos ? "/" : ".") + path;
}

int owner_of(const ModuleTree& tree, const Places& places, const Site& site) {
  auto found = places.find(site_below(module_of(site), site.tie));
  if (found == places.end()) found = places.find(site.tie);
  if (found != places.end()) return found->second;
  std::vector<std::string> known;
  for (const Site& one : tree.sites) known.push_back(one.path);
  throw plugin_error(fmt::format("site {} is tied to \"{}\", which is no site", site.path, site.tie),
                     "site " + site.path, did_you_mean(site_below(module_of(site), site.tie), known));
}

}  // namespace

void resolve_ties(ModuleTree& tree) {
  Places places;
  for (size_t i = 0; i < tree.sites.size(); ++i) places.emplace(tree.sites[i].path, static_cast<int>(i));
  std::map<int, int> next;
  for (size_t i = 0; i < tree.sites.size(); ++i) {
    if (!tree.sites[i].tie.empty()) next[static_cast<int>(i)] = owner_of(tree, places, tree.sites[i]);
  }
  for (const auto& [tied, first] : next) {
    int owner = first;
    for (size_t steps = 0; next.count(owner) != 0; ++steps) {
      if (steps > next.size() || owner == tied) {
        throw plugin_error(fmt::format("sites {} and {} are tied in a circle", tree.sites[tied].path,
                                       tree.sites[first].path),
                           "site " + tree.sites[tied].path, "one of them keeps qparams of its own");
      }
      owner = next.at(owner);
    }
    tree.sites[tied].tied_to = owner;
  }
}

}  // namespace vernier::core
