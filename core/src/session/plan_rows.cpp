#include "session/plan_rows.h"

#include <fmt/format.h>

#include <nlohmann/json.hpp>
#include <set>

#include "recipe/glob.h"

namespace vernier::core {

namespace {

using nlohmann::json;

json joined(const std::set<std::string>& dtypes) {
  if (dtypes.empty()) return nullptr;
  std::string text;
  for (const std::string& one : dtypes) text += (text.empty() ? "" : "+") + one;
  return text;
}

}  // namespace

json module_rows(const ModuleTree& tree) {
  json rows = json::array();
  for (const Module& module : tree.modules) {
    std::set<std::string> weights, activations;
    for (const int index : module.sites) {
      const Site& site = tree.sites[static_cast<size_t>(index)];
      if (!site.is_reached) continue;
      const bool is_float = site.qparams && site.qparams->is_float;
      (site.is_weight ? weights : activations).insert(is_float ? "float" : site.spec.dtype.name());
    }
    if (weights.empty() && activations.empty()) continue;
    rows.push_back({{"module", module.path},
                    {"type", module.type},
                    {"weight", joined(weights)},
                    {"activation", joined(activations)}});
  }
  return rows;
}

json rule_rows(const Recipe& recipe, const ModuleTree& tree) {
  json rows = json::array();
  for (size_t i = 0; i < recipe.quantization.rules.size(); ++i) {
    const Rule& rule = recipe.quantization.rules[i];
    const Glob glob(rule.match);
    const std::string name = fmt::format("rule {} (", i + 1);
    uint64_t matched = 0, decided = 0;
    for (const Site& site : tree.sites) {
      if (!glob.matches(site.path) && !glob.matches(site.relative)) continue;
      ++matched;
      if (site.reason.starts_with(name)) ++decided;
    }
    rows.push_back({{"rule", i + 1},
                    {"where", recipe.where(rule.pointer)},
                    {"match", rule.match},
                    {"sites", matched},
                    {"decides", decided}});
  }
  return rows;
}

}  // namespace vernier::core
