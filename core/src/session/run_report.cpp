#include "session/run_report.h"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <nlohmann/json.hpp>

#include "report/losses.h"

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

nlohmann::json unit_row(const Unit& unit, const Evaluation& evaluation) {
  nlohmann::json row = unit.to_json();
  row["samples"] = {{"calibration", unit.calibration->samples()}, {"evaluation", evaluation.samples}};
  row["metrics"] = evaluation.metrics.to_json();
  row["per_sample"] = nlohmann::json::array();
  for (const Metrics& one : evaluation.per_sample) row["per_sample"].push_back(one.to_json());
  row["graph"] = nullptr;
  return row;
}

namespace {

// Of several units each row has its graph; of one the report has it, as always.
nlohmann::json take_only_graph(nlohmann::json& units) {
  if (units.size() != 1) return nullptr;
  nlohmann::json graph = std::move(units[0]["graph"]);
  units[0].erase("graph");
  return graph;
}

nlohmann::json with_losses(nlohmann::json statistics) {
  if (statistics.is_object()) statistics["losses"] = losses(statistics.at("sites"));
  return statistics;
}

}  // namespace

nlohmann::json report_json(const Prepared& p, const RunFacts& facts) {
  p.checkpoint->require_unchanged();  // all that is reported was read by now
  const Recipe& recipe = p.recipe;
  const nlohmann::json limit =
      recipe.runtime.max_memory == 0 ? nlohmann::json(nullptr) : nlohmann::json(recipe.runtime.max_memory);
  nlohmann::json units = facts.units;
  const nlohmann::json graph = take_only_graph(units);
  std::vector<std::string> entries;
  uint64_t calibration = 0, evaluation = 0;
  for (const auto& unit : facts.units) {
    entries.push_back(unit.at("entry"));
    calibration += unit.at("samples").at("calibration").get<uint64_t>();
    evaluation += unit.at("samples").at("evaluation").get<uint64_t>();
  }
  return {{"version", 1},
          {"vernier", VERNIER_VERSION},
          {"recipe", recipe.file.string()},
          {"model",
           {{"checkpoint", recipe.model.checkpoint.string()},
            {"module", recipe.model.module},
            {"type", p.tree->root().type},
            {"entry", fmt::format("{}", fmt::join(entries, ", "))}}},
          {"plugins", plugins_json(*p.hub)},
          {"samples", {{"calibration", calibration}, {"evaluation", evaluation}}},
          {"metrics", facts.metrics.to_json()},
          {"units", units},
          {"graph", graph},
          {"gates", gates_json(facts.gates)},
          {"exports", facts.exports},
          {"verify", facts.verify},
          {"statistics", with_losses(facts.statistics)},
          {"coverage", coverage_json(*p.tree, p.config.unused_tensors, facts.files)},
          {"config", p.config.to_json(recipe)},
          {"warnings", warnings_json(*p.tree, facts.files)},
          {"log", log_json(*p.services)},
          {"seconds", facts.times.to_json()},
          {"memory",
           {{"peak_bytes", peak_memory_bytes()},
            {"limit_bytes", limit},
            {"anonymous_bytes", facts.times.anonymous_bytes()}}}};
}

}  // namespace vernier::core
