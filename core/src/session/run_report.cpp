#include "session/run_report.h"

#include <nlohmann/json.hpp>

namespace vernier::core {

namespace {

nlohmann::json plugins_json(const PluginHub& hub) {
  nlohmann::json rows = nlohmann::json::array();
  for (const CatalogPlugin* plugin : hub.used()) {
    rows.push_back({{"id", plugin->manifest.id},
                    {"version", plugin->manifest.version},
                    {"file", plugin->file.string()},
                    {"sha256", plugin->sha256}});
  }
  return rows;
}

nlohmann::json log_json(const HostServices& services) {
  nlohmann::json rows = nlohmann::json::array();
  for (const LogLine& line : services.lines())
    rows.push_back({{"level", line.level}, {"plugin", line.plugin}, {"text", line.text}});
  return rows;
}

}  // namespace

nlohmann::json report_json(const Prepared& p, const RunFacts& facts) {
  const Recipe& recipe = p.recipe;
  const nlohmann::json limit =
      recipe.runtime.max_memory == 0 ? nlohmann::json(nullptr) : nlohmann::json(recipe.runtime.max_memory);
  return {{"version", 1},
          {"vernier", VERNIER_VERSION},
          {"recipe", recipe.file.string()},
          {"model",
           {{"checkpoint", recipe.model.checkpoint.string()},
            {"module", recipe.model.module},
            {"type", p.tree->root().type},
            {"entry", p.entry}}},
          {"plugins", plugins_json(*p.hub)},
          {"samples", {{"calibration", facts.calibration_samples}, {"evaluation", facts.evaluation.samples}}},
          {"metrics", facts.evaluation.metrics.to_json()},
          {"gates", gates_json(facts.gates)},
          {"exports", facts.exports},
          {"verify", facts.verify},
          {"statistics", facts.statistics},
          {"graph", facts.graph},
          {"coverage", coverage_json(*p.tree, p.config.unused_tensors, facts.files)},
          {"config", p.config.to_json(recipe)},
          {"warnings", warnings_json(*p.tree, facts.files)},
          {"log", log_json(*p.services)},
          {"seconds", facts.times.to_json()},
          {"memory", {{"peak_bytes", peak_memory_bytes()}, {"limit_bytes", limit}}}};
}

}  // namespace vernier::core
